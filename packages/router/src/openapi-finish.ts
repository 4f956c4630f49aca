import { problem, problemMediaType, refusals, type RefusalCode } from "@moja/contracts";
import { z } from "zod";
import { promises, type Promised } from "./promises.ts";

/** A JSON Schema, loosely. */
type Schema = { [key: string]: unknown };
type Parameter = { in: string; name: string; description?: string; schema: Schema; example?: unknown };
type Operation = { requestBody?: { content: Record<string, Schema> }; parameters?: Parameter[]; responses: Record<string, unknown>; [key: string]: unknown };

/** An OpenAPI document, as far as it is touched here. */
export type Document = { openapi: string; info: object; paths: Record<string, { get?: Operation; post?: Operation }>; components: { schemas: Record<string, Schema>; [key: string]: unknown }; tags: object[] };

/** Every reply's headers. */
const headers = {
  "X-Request-Id": { description: "The request's id; quote it to support.", schema: { type: "string" } },
  RateLimit: { description: "What is left of each limit, and for how many seconds.", schema: { type: "string" } },
  "RateLimit-Policy": { description: "The limits in force.", schema: { type: "string" } },
};
const link = { Link: { description: 'The next page, as `<…>; rel="next"`; absent on the last page.', schema: { type: "string" } } };

/** Completes the generated document: examples, every refusal that an operation can give, and schemas without noise. */
export function finish(document: Document): Document {
  const responses: Record<string, object> = {};
  for (const promise of Object.values(promises)) {
    const operation = document.paths[promise.path]?.[promise.method === "POST" ? "post" : "get"];
    if (!operation) throw new Error(`${promise.path} is missing in the document`);
    finishOperation(operation, promise, responses);
  }
  const named = Object.entries(document.components.schemas).filter(([name]) => !/^(error\.|__schema)/.test(name));
  const schemas = Object.fromEntries([...named, ["Json", { title: "JSON", description: "Any JSON value." }] as const].sort(([a], [b]) => (a < b ? -1 : 1)));
  return tidy({ ...document, components: { ...document.components, schemas, responses } }) as Document;
}

function finishOperation(operation: Operation, promise: Promised, responses: Record<string, object>) {
  const isList = promise.filters !== undefined;
  for (const parameter of operation.parameters ?? []) {
    const { title: _, description, ...schema } = parameter.schema;
    const field = (promise.input as z.ZodObject).shape[parameter.name];
    parameter.schema = { ...schema, ...(field instanceof z.ZodDefault && { default: field.def.defaultValue }) };
    if (typeof description === "string") parameter.description = description;
    if (parameter.in === "path") parameter.example = promise.example.input[parameter.name];
  }
  const body = operation.requestBody?.content["application/json"];
  if (body) body["example"] = promise.example.input;
  const ok = operation.responses["200"] as { description: string; headers: object; content: { "application/json": Schema } };
  ok.description = promise.summary;
  ok.headers = { ...headers, ...(isList && link) };
  ok.content["application/json"]["example"] = promise.example.output;
  const possible = possibleRefusals(promise, isList);
  operation.responses = { "200": ok };
  for (const [status, codes] of Map.groupBy(possible, (code) => refusals[code].status)) {
    const name = `Refused${status}${status === 403 && promise.method === "POST" ? "Write" : codes.includes("invalid_cursor") ? "List" : ""}`;
    responses[name] ??= refusalResponse(codes);
    operation.responses[status] = { $ref: `#/components/responses/${name}` };
  }
}

function possibleRefusals(promise: Promised, isList: boolean): RefusalCode[] {
  const access: RefusalCode[] = promise.path === "/v1/me" ? [] : promise.method === "POST" ? ["missing_scope", "payload_too_large", "unsupported_media_type"] : ["plan_excludes_reporting", "api_access_disabled", "missing_scope"];
  const notFound: RefusalCode[] = promise.path.includes("{") ? ["not_found"] : [];
  return ["invalid_request", ...(isList ? (["invalid_cursor"] as const) : []), "missing_api_key", "invalid_api_key", "expired_api_key", ...access, ...notFound, "rate_limited", "internal", "unavailable"];
}

function refusalResponse(codes: RefusalCode[]) {
  const examples = Object.fromEntries(codes.map((code) => [code, { summary: refusals[code].title, value: problem(code, { request_id: "0b54b2a6-3c51-4d0e-8f0e-6a6a2f0f9d11", issues: code === "invalid_request" ? [{ path: "limit", message: "must be a whole number from 1 to 1000" }] : [] }) }]));
  const waits = codes.some((code) => code === "rate_limited" || code === "unavailable");
  const retry = waits && { "Retry-After": { description: "Seconds to wait.", schema: { type: "integer" } } };
  return { description: codes.map((code) => `\`${code}\`: ${refusals[code].title}`).join("; "), headers: { "X-Request-Id": headers["X-Request-Id"], ...retry }, content: { [problemMediaType]: { schema: { $ref: "#/components/schemas/Problem" }, examples } } };
}

/** Removes what says nothing to a reader: bounds of 2^53, the patterns behind formats, `anyOf` for null; and opens outputs, since `/v1` may add fields. */
function tidy(node: unknown, key = ""): unknown {
  if (Array.isArray(node)) return node.map((each) => tidy(each));
  if (typeof node !== "object" || node === null || key === "example" || key === "examples") return node;
  const schema: Schema = { ...node };
  if (String(schema["$ref"]).startsWith("#/components/schemas/__schema")) schema["$ref"] = "#/components/schemas/Json";
  if (schema["maximum"] === Number.MAX_SAFE_INTEGER) delete schema["maximum"];
  if (schema["minimum"] === Number.MIN_SAFE_INTEGER) delete schema["minimum"];
  if (schema["format"] === "date-time" || schema["pattern"] === "^[^\\0]*$") delete schema["pattern"];
  if (schema["additionalProperties"] === false) delete schema["additionalProperties"];
  if (schema["type"] === "object") delete schema["propertyNames"];
  return Object.fromEntries(Object.entries(nullable(schema)).map(([name, value]) => [name, tidy(value, name)]));
}

function nullable(schema: Schema): Schema {
  const { anyOf, ...rest } = schema;
  const [only, none] = Array.isArray(anyOf) && anyOf.length === 2 ? (anyOf as Schema[]) : [];
  if (!only || none?.["type"] !== "null" || typeof only["type"] !== "string") return schema;
  return { ...only, ...rest, type: [only["type"], "null"], ...(Array.isArray(only["enum"]) && { enum: [...(only["enum"] as unknown[]), null] }) };
}
