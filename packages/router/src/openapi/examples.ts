import { unwrap } from "@moja/contracts";
import { z } from "zod";
import type { OperationContract } from "../operations.ts";
import type { Document, Media, Operation, Schema } from "./document-types.ts";

/** Gives every field the example that it has in the examples of whole answers and requests, unless its contract names one. */
export function exampleFields({ components: { schemas, responses }, paths }: Document): void {
  const known = new Map<string, unknown>();
  const operations = Object.values(paths).flatMap((path) => Object.values(path));
  const contents = [
    ...operations.flatMap(({ requestBody, responses: answers }) => [requestBody, ...Object.values(answers)]),
    ...Object.values(responses),
  ].flatMap((each) => Object.values(each?.content ?? {}));
  for (const { schema, example, examples } of contents) {
    for (const value of [example, ...Object.values(examples ?? {}).map((each) => each.value)])
      visit(schema, value, schemas, (name, field, onField) => known.set(keyOf(name, field), onField));
  }
  for (const schema of Object.values(schemas)) {
    for (const [name, field] of Object.entries(schema.properties ?? {})) {
      const onField = known.get(keyOf(name, field));
      if (onField !== undefined && field.examples === undefined && !isReference(field)) field.examples = [onField];
    }
  }
}

/** Gives every parameter its own example, or the one that its column has in the example row, of a summary in its list's. */
export function exampleParameters(
  { parameters = [] }: Operation,
  { input, filters = {}, example, list }: OperationContract,
): void {
  const [row] = ((list?.example ?? example).output as { data?: Record<string, unknown>[] }).data ?? [];
  for (const { name, schema } of parameters) {
    const { column, operator } = filters[name] ?? {};
    schema.examples ??= z.globalRegistry.get(unwrap((input as z.ZodObject).shape[name] as z.ZodType))?.examples;
    const value = column === undefined ? schema.default : operator === "yes_or_no" ? "yes" : row?.[column];
    if (schema.examples === undefined && value !== undefined && value !== null)
      schema.examples = [operator === "any_of" ? [value] : value];
  }
}

/** Fields of one name that are described alike have one example. */
const keyOf = (name: string, { examples: _, ...field }: Schema) => name + JSON.stringify(field);

/** Whether a field holds a named schema, whose own fields have the examples. */
const isReference = ({ $ref, items, anyOf }: Schema) =>
  Boolean($ref ?? items?.$ref ?? anyOf?.some((each) => each.$ref));

function visit(
  schema: Media["schema"] | undefined,
  value: unknown,
  schemas: Document["components"]["schemas"],
  onField: (name: string, field: Schema, value: unknown) => void,
): void {
  if (schema === undefined || typeof value !== "object" || value === null) return;
  const recurse = (inner: Schema | undefined, each: unknown) => visit(inner, each, schemas, onField);
  if (schema.$ref) return recurse(schemas[schema.$ref.split("/").at(-1) ?? ""], value);
  if (Array.isArray(value)) return value.forEach((each) => recurse(schema.items, each));
  const fields = value as Record<string, unknown>;
  const { propertyName = "", mapping } = schema.discriminator ?? {};
  for (const each of mapping ? [{ $ref: mapping[String(fields[propertyName])] }] : (schema.anyOf ?? []))
    recurse(each, value);
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    if (fields[name] !== null && fields[name] !== undefined) onField(name, field, fields[name]);
    recurse(field, fields[name]);
  }
}
