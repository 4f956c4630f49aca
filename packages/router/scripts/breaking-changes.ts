import type { Document, Media, Operation, Response } from "../src/openapi/document-types.ts";
import { componentOf, schemaChanges, type Direction, type Documents } from "./breaking-schema-changes.ts";

/** A request body or a response. */
type Message = { content?: Record<string, Media>; headers?: Record<string, object>; required?: boolean };

/** A message in both documents, and where it stands. */
type MessagePair = { at: string; before: Message; after: Message; direction: Direction };

/**
 * Lists the changes that break callers of the earlier document, a line each; none when the later one is compatible.
 * Own code, because of what npm offers for OpenAPI 3.1, api-smart-diff takes a field that became nullable for harmless,
 * and openapi-changes downloads a binary.
 */
export function breakingChanges(before: Document, after: Document): string[] {
  const documents = { before, after, compared: new Set<string>() };
  const lines = Object.entries(before.paths).flatMap(([path, operations]) =>
    Object.entries(operations).flatMap(([method, operation]) => {
      const at = `${method.toUpperCase()} ${path}`;
      const now = after.paths[path]?.[method];
      return now ? [...operationChanges(documents, at, [operation, now])] : [`${at}: the operation was removed`];
    }),
  );
  return [...new Set(lines)];
}

function* operationChanges(
  documents: Documents,
  at: string,
  [before, after]: [Operation, Operation],
): Generator<string> {
  if (before.operationId !== after.operationId)
    yield `${at}: its id was \`${before.operationId}\` and is \`${after.operationId}\``;
  for (const scheme of authentications(before))
    if (!authentications(after).includes(scheme)) yield `${at}: it can no longer be asked with ${scheme}`;
  yield* parameterChanges(documents, at, [before, after]);
  yield* messageChanges(documents, {
    at: `${at} body`,
    before: before.requestBody ?? {},
    after: after.requestBody ?? {},
    direction: "sent",
  });
  for (const [status, response] of Object.entries(before.responses)) {
    const now = after.responses[status];
    if (now)
      yield* messageChanges(documents, {
        at: `${at} ${status}`,
        before: resolved(documents.before, response),
        after: resolved(documents.after, now),
        direction: "received",
      });
    else yield `${at} ${status}: the status was removed`;
  }
}

function* parameterChanges(
  documents: Documents,
  at: string,
  [before, after]: [Operation, Operation],
): Generator<string> {
  const [were, are] = [parametersOf(before), parametersOf(after)];
  for (const [name, { schema }] of were) {
    const now = are.get(name);
    const locate = (path: string) => `${at}: ${name}${path && ` in \`${path}\``}`;
    if (now) yield* schemaChanges({ documents, direction: "sent", locate, path: "" }, schema, now.schema);
    else yield `${at}: ${name} was removed`;
  }
  for (const [name, { required }] of are)
    if (required && !were.get(name)?.required) yield `${at}: ${name} is now needed`;
}

function parametersOf({ parameters = [] }: Operation) {
  return new Map(parameters.map((each) => [`${each.in} parameter \`${each.name}\``, each]));
}

/** The ways to authenticate, any one of which is enough. */
function authentications({ security = [] }: Operation): string[] {
  return security.map((schemes) => Object.keys(schemes).join(" and "));
}

function* messageChanges(documents: Documents, { at, before, after, direction }: MessagePair): Generator<string> {
  if (direction === "sent" && after.required && !before.required) yield `${at}: it is now needed`;
  for (const header of Object.keys(before.headers ?? {}))
    if (!Object.hasOwn(after.headers ?? {}, header)) yield `${at}: header \`${header}\` was removed`;
  for (const [type, { schema }] of Object.entries(before.content ?? {})) {
    const now = after.content?.[type];
    const locate = (path: string) => `${at}: ${path ? `field \`${path}\`` : type}`;
    if (now) yield* schemaChanges({ documents, direction, locate, path: "" }, schema, now.schema);
    else yield `${at}: ${type} was removed`;
  }
}

function resolved({ components }: Document, response: Response): Response {
  return response.$ref === undefined ? response : componentOf(components.responses, response.$ref);
}
