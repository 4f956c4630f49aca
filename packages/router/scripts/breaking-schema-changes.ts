import type { Document, Schema } from "../src/openapi/document-types.ts";

/** Which way a value goes. What callers send must stay accepted; what they receive must stay within what they know. */
export type Direction = "sent" | "received";

/** Two documents to compare, and the pairs of references that were found compatible or are being compared. */
export type Documents = { before: Document; after: Document; compared: Set<string> };

/** Where a schema stands. */
type Place = {
  documents: Documents;
  direction: Direction;
  /** Describes the place of a path for the reader. */
  locate: (path: string) => string;
  /** Path of the schema within its message. */
  path: string;
};

/** Yields the changes of a schema that break callers, a line each. */
export function* schemaChanges(place: Place, before: Schema, after: Schema): Generator<string> {
  const { compared } = place.documents;
  const references = `${place.direction} ${before.$ref} ${after.$ref}`;
  if (before.$ref && compared.has(references)) return;
  compared.add(references);
  const lines = [...variantChanges(place, before, after)];
  if (lines.length > 0) compared.delete(references);
  yield* lines;
}

function* variantChanges(place: Place, before: Schema, after: Schema): Generator<string> {
  const { documents, direction, locate, path } = place;
  const [were, are] = [variantsOf(documents.before, before), variantsOf(documents.after, after)];
  const [narrow, wide] = direction === "sent" ? [were, are] : [are, were];
  for (const [kind, schema] of narrow) {
    const other = wide.get(kind) ?? (kind === "integer" ? wide.get("number") : undefined) ?? wide.get("anything");
    if (!other)
      yield direction === "sent"
        ? `${locate(path)} no longer takes ${kind}`
        : `${locate(path)} was ${[...wide.keys()].join(" or ")} and may now be ${kind}`;
    else if (kind !== "null")
      yield* direction === "sent" ? fieldChanges(place, schema, other) : fieldChanges(place, other, schema);
  }
}

function* fieldChanges(place: Place, before: Schema, after: Schema): Generator<string> {
  const { direction, locate, path } = place;
  yield* valueChanges(place, before, after);
  for (const [name, property] of Object.entries(before.properties ?? {})) {
    const now = after.properties?.[name];
    const inner = { ...place, path: join(path, name) };
    if (now) yield* schemaChanges(inner, property, now);
    else yield `${locate(inner.path)} was removed`;
  }
  const change = direction === "sent" ? "is now needed" : "may now be missing";
  for (const name of requiredChanges(direction, before, after)) yield `${locate(join(path, name))} ${change}`;
  for (const [part, suffix] of parts) {
    const [was, is] = [before[part], after[part]];
    if (isSchema(was) && isSchema(is)) yield* schemaChanges({ ...place, path: path + suffix }, was, is);
  }
}

/** Schemas within a schema, with what they add to its path. */
const parts = [
  ["items", "[]"],
  ["additionalProperties", ".*"],
] as const;

/**
 * The code of a refusal, which may be a new one: whoever does not know a code decides by the status (RFC 9457 has it so of
 * types), and a server that learns to refuse what used to hang takes nothing away.
 */
const openField = "code";

/** Changes of the values that a schema allows: of an enumeration, the format and the bounds. */
function* valueChanges({ direction, locate, path }: Place, before: Schema, after: Schema): Generator<string> {
  const isSent = direction === "sent";
  if (!isSent && path === openField) return;
  const [narrow, wide] = isSent ? [before, after] : [after, before];
  for (const value of unexpectedValues(enumValues(narrow), enumValues(wide)))
    yield `${locate(path)} ${isSent ? "no longer takes" : "may now be"} \`${String(value)}\``;
  if (wide["format"] && before["format"] !== after["format"])
    yield `${locate(path)} had the format ${before["format"] ?? "of any text"} and has ${after["format"] ?? "none"}`;
  if (!isSent) return;
  for (const bound of narrowedBounds(before, after)) yield `${locate(path)} has a narrower ${bound}`;
}

/** Values of the narrow side that the wide side does not have. */
function unexpectedValues(narrow: unknown[] | undefined, wide: unknown[] | undefined): unknown[] {
  if (!wide) return [];
  return narrow?.filter((value) => !wide.includes(value)) ?? ["other words"];
}

/** Fields that callers must now send, or may no longer receive; removed fields are reported on their own. */
function requiredChanges(direction: Direction, before: Schema, after: Schema): string[] {
  const { required: was = [] } = before;
  const { required: is = [] } = after;
  return direction === "sent"
    ? is.filter((name) => !was.includes(name))
    : was.filter((name) => after.properties?.[name] && !is.includes(name));
}

function join(path: string, name: string): string {
  return path ? `${path}.${name}` : name;
}

function isSchema(node: unknown): node is Schema {
  return typeof node === "object" && node !== null;
}

/** Finds what a reference names in a section of the components, through further references. */
export function componentOf<Node extends { $ref?: string }>(section: Record<string, Node>, $ref: string): Node {
  const node = section[$ref.split("/").at(-1) ?? ""];
  if (!node) throw new Error(`${$ref} is missing in the document`);
  return node.$ref === undefined ? node : componentOf(section, node.$ref);
}

/** The schema of each kind of value that a schema takes. Objects of a union are told apart by their discriminators. */
function variantsOf(document: Document, schema: Schema, discriminators: string[] = []): Map<string, Schema> {
  const found = schema.$ref === undefined ? schema : componentOf(document.components.schemas, schema.$ref);
  const names = found.discriminator ? [...discriminators, found.discriminator.propertyName] : discriminators;
  const union = found.anyOf ?? found.oneOf;
  if (union) return new Map(union.flatMap((each) => [...variantsOf(document, each, names)]));
  const types = [found.type ?? "anything"].flat();
  return new Map(
    types.map((type) => [
      [type, ...names.map((name) => `${name} ${String(found.properties?.[name]?.["const"])}`)].join(" of "),
      found,
    ]),
  );
}

/** The values of an enumeration or a constant, without null, which is a kind of its own. */
function enumValues({ enum: several, const: one }: Schema): unknown[] | undefined {
  return one === undefined ? several?.filter((value) => value !== null) : [one];
}

function narrowedBounds(before: Schema, after: Schema): string[] {
  const bound = (schema: Schema, name: string, otherwise: number) => Number(schema[name] ?? otherwise);
  const least = ["minimum", "minLength", "minItems"].filter(
    (name) => bound(after, name, -Infinity) > bound(before, name, -Infinity),
  );
  const most = ["maximum", "maxLength", "maxItems"].filter(
    (name) => bound(after, name, Infinity) < bound(before, name, Infinity),
  );
  const pattern = after["pattern"] !== undefined && after["pattern"] !== before["pattern"] ? ["pattern"] : [];
  return [...least, ...most, ...pattern].map((name) => `${name}: ${String(after[name])}`);
}
