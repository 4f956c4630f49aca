import { openApiDocument } from "@moja/router";

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
/** The content of a body, by its media type. */
export type Content = Record<string, { schema?: Schema; example?: unknown; examples?: Record<string, unknown> }>;
/** An operation, with what it refers to in its place. */
export type Operation = {
  method: string;
  path: string;
  operationId: string;
  summary: string;
  description: string;
  tags: string[];
  parameters: Parameter[];
  requestBody?: { content: Content };
  responses: Record<string, { description: string; content?: Content }>;
};
/** The document as the documentation reads it. */
export type Document = {
  info: { title: string; description: string };
  tags: { name: string; description: string }[];
  paths: Record<string, Record<string, object>>;
  components: { schemas: Record<string, Schema> };
};

/** The document that partners hold. */
export const readDocument = (): Document => openApiDocument() as unknown as Document;

/** The tags of what partners have no use for in a collection: what only Moja's own producers may ask, and the service itself. */
export const internalTags = ["Internal", "Service"];

/** Every operation of the document. */
export function operationsOf(document: Document): Operation[] {
  const resolveReference = <Node extends object>(node: Node): Node => {
    if (!("$ref" in node)) return node;
    return String(node.$ref)
      .slice(2)
      .split("/")
      .reduce<object>((from, name) => from[name as never], document) as Node;
  };
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([method]) => ["get", "post"].includes(method))
      .map(([method, node]) => {
        const { parameters = [], responses, ...operation } = node as Omit<Operation, "parameters"> & Partial<Operation>;
        return {
          ...operation,
          path,
          method,
          parameters: parameters.map(resolveReference),
          responses: Object.fromEntries(
            Object.entries(responses).map(([status, response]) => [status, resolveReference(response)]),
          ),
        };
      }),
  );
}

/** The value that a parameter is shown with, or undefined where the document names none. */
export function exampleValue({ example, examples, schema }: Parameter): unknown {
  const [first] = Object.values(examples ?? {});
  return example ?? first?.value ?? schema.default ?? schema.enum?.[0] ?? schema.examples?.[0];
}
