import type { Schema } from "./document-types.ts";

/**
 * Removes what says nothing to a reader: bounds of 2^53, the patterns behind formats, `anyOf` for null, and the suffix
 * of the second copy of a schema that is both input and output. Opens all schemas, since `/v1` may add fields.
 */
export function simplify<Node extends object>(node: Node): Node;
export function simplify(node: unknown, key?: string): unknown;
export function simplify(node: unknown, key = ""): unknown {
  if (Array.isArray(node)) return node.map((each) => simplify(each));
  if (typeof node !== "object" || node === null || key === "example" || key === "examples") return node;
  const schema = withoutNoise(simplifyNullable({ ...node }));
  return Object.fromEntries(Object.entries(schema).map(([name, value]) => [name, simplify(value, name)]));
}

function withoutNoise(schema: Schema): Schema {
  if (schema.$ref) schema.$ref = schema.$ref.replace(/Output$/, "");
  for (const [name, value] of noise) if (schema[name] === value) delete schema[name];
  if (schema["format"] === "date-time") delete schema["pattern"];
  delete schema["propertyNames"];
  return schema;
}

const noise = [
  ["maximum", Number.MAX_SAFE_INTEGER],
  ["minimum", Number.MIN_SAFE_INTEGER],
  ["pattern", "^[^\\0]*$"],
  ["additionalProperties", false],
] as const;

/** Writes a nullable simple type as a list of types instead of `anyOf`. */
function simplifyNullable(schema: Schema): Schema {
  const { anyOf, ...rest } = schema;
  const [only, none] = Array.isArray(anyOf) && anyOf.length === 2 ? anyOf : [];
  if (!only || none?.type !== "null" || typeof only.type !== "string") return schema;
  return {
    ...only,
    ...rest,
    type: [only.type, "null"],
    ...(Array.isArray(only.enum) && { enum: [...only.enum, null] }),
  };
}
