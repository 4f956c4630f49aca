import { slug, table, valueText } from "./markdown.ts";
import type { Schema } from "./openapi-model.ts";

/** A table of a schema's fields; empty where it has none. */
export function fieldsTable(schema: Schema): string {
  const rows = fieldRows(schema, "");
  return rows.length > 0 ? table(["Field", "Type", "What it is"], rows) : "";
}

/** Rows of a schema's fields, with those of nested objects by their path. */
function fieldRows({ properties = {} }: Schema, under: string): string[][] {
  return Object.entries(properties).flatMap(([name, field]) => {
    const path = `${under}${name}`;
    const title = field.title && `**${field.title}.**`;
    return [
      [`\`${path}\``, typeOf(field), [title, field.description, ...bounds(field)].filter(Boolean).join(" ")],
      ...fieldRows(field, `${path}.`),
      ...fieldRows(field.items ?? {}, `${path}[].`),
    ];
  });
}

/** Range, default and example of a value, as sentences. A maximum above 10,000 guards the server, and is left out. */
export function bounds({ default: standard, minimum, maximum, examples = [] }: Schema): string[] {
  const sentences: string[] = [];
  if (minimum !== undefined && maximum !== undefined && maximum <= 10_000)
    sentences.push(`From ${minimum} to ${maximum}.`);
  if (standard !== undefined) sentences.push(`Left out: \`${valueText(standard)}\`.`);
  if (examples.length > 0) sentences.push(`Example: \`${valueText(examples[0])}\`.`);
  return sentences;
}

/** A schema's type in words; a named schema is a link to its table. */
export function typeOf(schema: Schema): string {
  const { $ref, type = "any JSON", const: only, enum: values, anyOf, oneOf } = schema;
  if ($ref) return schemaLink($ref);
  const variants = anyOf ?? oneOf;
  if (variants) return variants.map(typeOf).join(" or ");
  if (only !== undefined) return `\`${valueText(only)}\``;
  if (values) return values.map((value) => (value === null ? "null" : `\`${valueText(value)}\``)).join(" or ");
  return [type]
    .flat()
    .map((each) => simpleType(each, schema))
    .join(" or ");
}

function simpleType(type: string, { format, items }: Schema): string {
  if (type === "array" && items) return `array of ${typeOf(items)}`;
  return type === "string" && format ? format : type;
}

function schemaLink(reference: string): string {
  const name = reference.split("/").at(-1) ?? "";
  return `[${name}](#${slug(name)})`;
}
