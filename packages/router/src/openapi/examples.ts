import { unwrap, type Filter } from "@moja/contracts";
import { z } from "zod";
import { shapeOf } from "../object-shape.ts";
import type { OperationContract } from "../operations.ts";
import type { Document, Operation, Schema } from "./document-types.ts";

type Schemas = Document["components"]["schemas"];
/** A field with a value of an example. */
type FieldExample = { name: string; field: Schema; value: unknown };

/** Gives every field its value in the examples of whole answers and requests, unless its contract has an example. */
export function exampleFields({ components: { schemas, responses }, paths }: Document): void {
  const known = new Map<string, unknown>();
  const operations = Object.values(paths).flatMap((path) => Object.values(path));
  const contents = [
    ...operations.flatMap(({ requestBody, responses: answers }) => [requestBody, ...Object.values(answers)]),
    ...Object.values(responses),
  ].flatMap((each) => Object.values(each?.content ?? {}));
  for (const { schema, example, examples } of contents) {
    for (const whole of [example, ...Object.values(examples ?? {}).map((each) => each.value)])
      for (const { name, field, value } of fieldExamples(schema, whole, schemas)) known.set(keyOf(name, field), value);
  }
  for (const schema of Object.values(schemas)) {
    for (const [name, field] of Object.entries(schema.properties ?? {})) {
      const onField = known.get(keyOf(name, field));
      if (onField !== undefined && field.examples === undefined && !isReference(field)) field.examples = [onField];
    }
  }
}

/** Gives every parameter its own example, or the one of its column in the example row (of a summary, in its list's). */
export function exampleParameters({ parameters = [] }: Operation, contract: OperationContract): void {
  const shape = shapeOf(contract.input);
  const row = exampleRow(contract);
  for (const { name, schema } of parameters) {
    const field = shape[name];
    schema.examples ??= field && z.globalRegistry.get(unwrap(field))?.examples;
    const value = exampleValue(contract.filters?.[name], row) ?? schema["default"];
    if (schema.examples === undefined && value !== undefined && value !== null) schema.examples = [value];
  }
}

/** The value of a filter that finds the example row. */
function exampleValue(filter: Filter | undefined, row: Record<string, unknown> | undefined): unknown {
  if (filter?.operator === "yes_or_no") return "yes";
  const value = filter && row?.[filter.column];
  return filter?.operator === "any_of" && value !== undefined && value !== null ? [value] : value;
}

function exampleRow({ example, list }: OperationContract): Record<string, unknown> | undefined {
  const { output } = list?.example ?? example;
  if (!isObject(output) || !Array.isArray(output["data"])) return undefined;
  const first: unknown = output["data"][0];
  return isObject(first) ? first : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/** Fields of the same name and description share one example. */
const keyOf = (name: string, { examples: _, ...field }: Schema) => name + JSON.stringify(field);

/** Whether a field holds a named schema, whose own fields have the examples. */
const isReference = ({ $ref, items, anyOf }: Schema) =>
  Boolean($ref ?? items?.$ref ?? anyOf?.some((each) => each.$ref));

/** Walks a value along its schema, and yields each field that has a value. */
function* fieldExamples(schema: Schema | undefined, value: unknown, schemas: Schemas): Generator<FieldExample> {
  if (schema === undefined || !isObject(value)) return;
  if (schema.$ref) yield* fieldExamples(schemas[schema.$ref.split("/").at(-1) ?? ""], value, schemas);
  else if (Array.isArray(value)) for (const each of value) yield* fieldExamples(schema.items, each, schemas);
  else yield* objectExamples(schema, value, schemas);
}

function* objectExamples(schema: Schema, value: Record<string, unknown>, schemas: Schemas): Generator<FieldExample> {
  for (const variant of variantsOf(schema, value)) yield* fieldExamples(variant, value, schemas);
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    if (value[name] !== null && value[name] !== undefined) yield { name, field, value: value[name] };
    yield* fieldExamples(field, value[name], schemas);
  }
}

/** The variant that the discriminator names, else all of them. */
function variantsOf({ discriminator, anyOf = [] }: Schema, value: Record<string, unknown>): Schema[] {
  const { propertyName = "", mapping } = discriminator ?? {};
  if (!mapping) return anyOf;
  const $ref = mapping[String(value[propertyName])];
  return $ref === undefined ? [] : [{ $ref }];
}
