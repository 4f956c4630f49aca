/** A JSON Schema, as far as it is touched here. */
export type Schema = {
  [key: string]: unknown;
  $ref?: string;
  properties?: Record<string, Schema>;
  items?: Schema;
  anyOf?: Schema[];
  discriminator?: { propertyName: string; mapping?: Record<string, string> };
  examples?: unknown[];
};

/** A body in one media type. */
export type Media = { schema: Schema; example?: unknown; examples?: Record<string, { value: unknown }> };

export type Response = { description?: string; headers?: object; content?: Record<string, Media> };

type Parameter = {
  in: string;
  name: string;
  required?: boolean;
  description?: string;
  schema: Schema;
  example?: unknown;
};

/** An operation. */
export type Operation = {
  tags?: string[];
  requestBody?: { content: Record<string, Media> };
  parameters?: Parameter[];
  responses: Record<string, Response>;
  [key: string]: unknown;
};

/** An OpenAPI document, as far as it is touched here. */
export type Document = {
  openapi: string;
  info: object;
  servers: object[];
  paths: Record<string, { get?: Operation; post?: Operation }>;
  components: { schemas: Record<string, Schema>; responses: Record<string, Response>; [key: string]: unknown };
  tags: object[];
};
