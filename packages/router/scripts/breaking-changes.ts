import type { Document, Operation, Schema } from "../src/openapi/document-types.ts";

/** Which way a value goes: what callers send must still be taken, what they receive must still be what they know. */
type Direction = "sent" | "received";
/** Two documents, and the references whose schemas were found alike or are being compared. */
type Comparison = { before: Document; after: Document; compared: Set<string> };
/** A place in words, for the path of a field in it. */
type Locate = (path: string) => string;
type Section = { content?: Record<string, { schema: Schema }>; headers?: object; required?: boolean; $ref?: string };

/**
 * What a document no longer keeps of an earlier one, a line each; none when every caller of the earlier one still gets on.
 * Own code, because what npm offers for OpenAPI 3.1 takes a field that became nullable for harmless (api-smart-diff) or fetches a program (openapi-changes).
 */
export function breakingChanges(before: Document, after: Document): string[] {
  const comparison = { before, after, compared: new Set<string>() };
  const lines = Object.entries(before.paths).flatMap(([path, operations]) =>
    Object.entries(operations).flatMap(([method, operation]) => {
      const at = `${method.toUpperCase()} ${path}`;
      const now = after.paths[path]?.[method as "get"];
      return now ? [...ofOperation(comparison, at, operation, now)] : [`${at}: the operation was removed`];
    }),
  );
  return [...new Set(lines)];
}

function* ofOperation(comparison: Comparison, at: string, before: Operation, after: Operation): Generator<string> {
  if (before["operationId"] !== after["operationId"])
    yield `${at}: its id was \`${before["operationId"]}\` and is \`${after["operationId"]}\``;
  for (const scheme of authentications(before))
    if (!authentications(after).includes(scheme)) yield `${at}: it can no longer be asked with ${scheme}`;
  const [were, are] = [parameters(before), parameters(after)];
  for (const [name, was] of were) {
    const is = are.get(name);
    if (is)
      yield* ofSchema(
        comparison,
        (path) => `${at}: ${name}${path && ` in \`${path}\``}`,
        "",
        was.schema,
        is.schema,
        "sent",
      );
    else yield `${at}: ${name} was removed`;
  }
  for (const [name, { required }] of are)
    if (required && !were.get(name)?.required) yield `${at}: ${name} is now needed`;
  yield* ofSection(comparison, `${at} body`, before.requestBody ?? {}, after.requestBody ?? {}, "sent");
  for (const [status, was] of Object.entries(before.responses)) {
    const is = after.responses[status];
    if (is)
      yield* ofSection(
        comparison,
        `${at} ${status}`,
        resolved(comparison.before, was as Section),
        resolved(comparison.after, is as Section),
        "received",
      );
    else yield `${at} ${status}: the status was removed`;
  }
}

function parameters({ parameters = [] }: Operation) {
  return new Map(parameters.map((each) => [`${each.in} parameter \`${each.name}\``, each]));
}

/** The ways to authenticate; any one of them is enough. */
function authentications({ security }: Operation): string[] {
  return ((security as object[] | undefined) ?? []).map((schemes) => Object.keys(schemes).join(" and "));
}

function* ofSection(
  comparison: Comparison,
  at: string,
  before: Section,
  after: Section,
  direction: Direction,
): Generator<string> {
  if (direction === "sent" && after.required && !before.required) yield `${at}: it is now needed`;
  for (const header of Object.keys(before.headers ?? {}))
    if (!Object.hasOwn(after.headers ?? {}, header)) yield `${at}: header \`${header}\` was removed`;
  for (const [type, was] of Object.entries(before.content ?? {})) {
    const is = after.content?.[type];
    if (is)
      yield* ofSchema(
        comparison,
        (path) => `${at}: ${path ? `field \`${path}\`` : type}`,
        "",
        was.schema,
        is.schema,
        direction,
      );
    else yield `${at}: ${type} was removed`;
  }
}

function* ofSchema(
  comparison: Comparison,
  locate: Locate,
  path: string,
  before: Schema,
  after: Schema,
  direction: Direction,
): Generator<string> {
  const references = `${direction} ${before.$ref} ${after.$ref}`;
  if (before.$ref && comparison.compared.has(references)) return;
  comparison.compared.add(references);
  const lines = [...ofVariants(comparison, locate, path, before, after, direction)];
  if (lines.length > 0) comparison.compared.delete(references);
  yield* lines;
}

function* ofVariants(
  comparison: Comparison,
  locate: Locate,
  path: string,
  before: Schema,
  after: Schema,
  direction: Direction,
): Generator<string> {
  const [were, are] = [variants(comparison.before, before), variants(comparison.after, after)];
  const [narrow, wide] = direction === "sent" ? [were, are] : [are, were];
  for (const [kind, one] of narrow) {
    const other = wide.get(kind) ?? (kind === "integer" ? wide.get("number") : undefined) ?? wide.get("anything");
    if (!other)
      yield `${locate(path)} ${direction === "sent" ? `no longer takes ${kind}` : `was ${[...wide.keys()].join(" or ")} and may now be ${kind}`}`;
    else if (kind !== "null")
      yield* direction === "sent"
        ? ofVariant(comparison, locate, path, one, other, direction)
        : ofVariant(comparison, locate, path, other, one, direction);
  }
}

function* ofVariant(
  comparison: Comparison,
  locate: Locate,
  path: string,
  before: Schema,
  after: Schema,
  direction: Direction,
): Generator<string> {
  const [narrow, wide] = (direction === "sent" ? [before, after] : [after, before]).map(enumValues);
  const unexpected = wide && (narrow?.filter((value) => !wide.includes(value)) ?? ["other words"]);
  for (const value of unexpected ?? [])
    yield `${locate(path)} ${direction === "sent" ? "no longer takes" : "may now be"} \`${String(value)}\``;
  if ((direction === "sent" ? after : before)["format"] && before["format"] !== after["format"])
    yield `${locate(path)} had the format ${before["format"] ?? "of any text"} and has ${after["format"] ?? "none"}`;
  if (direction === "sent")
    for (const bound of narrowedBounds(before, after)) yield `${locate(path)} has a narrower ${bound}`;
  const inner = (name: string) => (path ? `${path}.${name}` : name);
  for (const [name, was] of Object.entries(before.properties ?? {})) {
    const is = after.properties?.[name];
    if (is) yield* ofSchema(comparison, locate, inner(name), was, is, direction);
    else yield `${locate(inner(name))} was removed`;
  }
  const [needed, neededNow] = [before, after].map(({ required }) => (required as string[] | undefined) ?? []) as [
    string[],
    string[],
  ];
  if (direction === "sent")
    for (const name of neededNow) if (!needed.includes(name)) yield `${locate(inner(name))} is now needed`;
  if (direction === "received")
    for (const name of needed)
      if (after.properties?.[name] && !neededNow.includes(name)) yield `${locate(inner(name))} may now be missing`;
  for (const [part, suffix] of [
    ["items", "[]"],
    ["additionalProperties", ".*"],
  ] as const) {
    if (isSchema(before[part]) && isSchema(after[part]))
      yield* ofSchema(comparison, locate, path + suffix, before[part], after[part], direction);
  }
}

function isSchema(node: unknown): node is Schema {
  return typeof node === "object" && node !== null;
}

/** What stands behind a reference, in any section of the components. */
function resolved<Node extends { $ref?: string }>(document: Document, node: Node): Node {
  const [, section = "", name = ""] = /^#\/components\/(\w+)\/(.+)$/.exec(node.$ref ?? "") ?? [];
  return node.$ref ? resolved(document, (document.components[section] as Record<string, Node>)[name] as Node) : node;
}

/** The kinds of value that a schema takes, with the schema of each; the objects of a union are told apart by the words of their discriminator. */
function variants(document: Document, schema: Schema, discriminators: string[] = []): Map<string, Schema> {
  const found = resolved(document, schema);
  const names = found.discriminator ? [...discriminators, found.discriminator.propertyName] : discriminators;
  const union = found.anyOf ?? (found["oneOf"] as Schema[] | undefined);
  if (union) return new Map(union.flatMap((each) => [...variants(document, each, names)]));
  const types = [found["type"] ?? "anything"].flat() as string[];
  return new Map(
    types.map((type) => [
      [type, ...names.map((name) => `${name} ${String(found.properties?.[name]?.["const"])}`)].join(" of "),
      found,
    ]),
  );
}

/** The words of a closed set. */
function enumValues({ enum: several, const: one }: Schema): unknown[] | undefined {
  return one === undefined ? (several as unknown[] | undefined)?.filter((value) => value !== null) : [one];
}

function narrowedBounds(before: Schema, after: Schema): string[] {
  const number = (schema: Schema, name: string, otherwise: number) => (schema[name] as number | undefined) ?? otherwise;
  const least = ["minimum", "minLength", "minItems"].filter(
    (name) => number(after, name, -Infinity) > number(before, name, -Infinity),
  );
  const most = ["maximum", "maxLength", "maxItems"].filter(
    (name) => number(after, name, Infinity) < number(before, name, Infinity),
  );
  const pattern = after["pattern"] !== undefined && after["pattern"] !== before["pattern"] ? ["pattern"] : [];
  return [...least, ...most, ...pattern].map((name) => `${name}: ${String(after[name])}`);
}
