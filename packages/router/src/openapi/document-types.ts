/** A JSON Schema; the named keys are those that the code reads. */
export type Schema = {
  [key: string]: unknown;
  $ref?: string;
  enum?: unknown[];
  oneOf?: Schema[];
  required?: string[];
  type?: string | string[];
  properties?: Record<string, Schema>;
  items?: Schema;
  anyOf?: Schema[];
  discriminator?: { propertyName: string; mapping?: Record<string, string> };
  examples?: unknown[];
};

/** A body in one media type, with its examples. */
export type Media = { schema: Schema; example?: unknown; examples?: Record<string, { value: unknown }> };

/** A response, or a reference to one. */
export type Response = {
  $ref?: string;
  description?: string | undefined;
  headers?: Record<string, object>;
  content?: Record<string, Media>;
};

/** A parameter of an operation. */
type Parameter = {
  in: string;
  name: string;
  required?: boolean;
  description?: string;
  schema: Schema;
  example?: unknown;
};

/** An operation; the named keys are those that the code reads. */
export type Operation = {
  operationId?: string;
  tags?: string[];
  security?: Record<string, unknown>[];
  requestBody?: { required?: boolean; content: Record<string, Media> };
  parameters?: Parameter[];
  responses: Record<string, Response>;
  [key: string]: unknown;
};

/** An OpenAPI document; the named keys are those that the code reads. */
export type Document = {
  openapi: string;
  info: object;
  servers: object[];
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema>; responses: Record<string, Response>; [key: string]: unknown };
  tags: object[];
};
