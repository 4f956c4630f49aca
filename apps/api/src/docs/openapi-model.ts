import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** A JSON Schema, as far as the documentation reads it. */
export type Schema = {
  $ref?: string;
  type?: string | string[];
  format?: string;
  title?: string;
  description?: string;
  const?: unknown;
  enum?: unknown[];
  default?: unknown;
  examples?: unknown[];
  minimum?: number;
  maximum?: number;
  properties?: Record<string, Schema>;
  items?: Schema;
  anyOf?: Schema[];
  oneOf?: Schema[];
};

/** A parameter of an operation. */
export type Parameter = {
  name: string;
  in: string;
  required?: boolean;
  description?: string;
  schema: Schema;
  example?: unknown;
  examples?: Record<string, { value: unknown }>;
};

/** The content of a body, by media type. */
export type Content = Record<string, { schema?: Schema; example?: unknown; examples?: Record<string, unknown> }>;

type Response = { $ref?: string; description: string; content?: Content };

/** An operation as it stands in the document: with references to responses. */
type PathItem = {
  operationId: string;
  summary: string;
  description: string;
  tags: string[];
  parameters?: Parameter[];
  requestBody?: { content: Content };
  responses: Record<string, Response>;
};

/** An operation with its method and path, and responses in the place of references. */
export type Operation = PathItem & { method: string; path: string; parameters: Parameter[] };

/** The document as the documentation reads it. */
export type Document = {
  info: { title: string; description: string };
  tags: { name: string; description: string }[];
  paths: Record<string, Record<string, PathItem>>;
  components: { schemas: Record<string, Schema>; responses: Record<string, Response> };
};

const file = fileURLToPath(import.meta.resolve("@moja/router/openapi.json"));
let document: Document | undefined;

/**
 * The OpenAPI document as `npm run openapi` wrote it, read when it is first asked for: to generate it from the contracts
 * takes as long as the rest of a start.
 */
export function readDocument(): Document {
  const read: Document = document ?? JSON.parse(readFileSync(file, "utf8"));
  document = read;
  return read;
}

/** Tags of what a partner's collection leaves out: operations for Moja's own producers, and the service itself. */
export const internalTags = ["Internal", "Service"];

/** Every operation of the document. */
export function operationsOf({ paths, components }: Document): Operation[] {
  const resolve = (response: Response): Response =>
    components.responses[response.$ref?.split("/").at(-1) ?? ""] ?? response;
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([method]) => ["get", "post"].includes(method))
      .map(([method, { parameters = [], responses, ...operation }]) => ({
        ...operation,
        path,
        method,
        parameters,
        responses: Object.fromEntries(
          Object.entries(responses).map(([status, response]) => [status, resolve(response)]),
        ),
      })),
  );
}

/** The value that a parameter is shown with, or undefined where the document names none. */
export function exampleValue({ example, examples, schema }: Parameter): unknown {
  const [first] = Object.values(examples ?? {});
  return example ?? first?.value ?? schema.default ?? schema.enum?.[0] ?? schema.examples?.[0];
}
