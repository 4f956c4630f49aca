import { z } from "zod";
import { operations, type OperationContract } from "../operations.ts";
import type { Document, Media, Operation, Response, Schema } from "./document-types.ts";
import { errorResponsesOf } from "./error-responses.ts";
import { exampleFields, exampleParameters } from "./examples.ts";
import { systemPaths, systemSchemas } from "./system-paths.ts";

const text = (description: string, example: unknown, type = "string") => ({ description, schema: { type }, example });

/** The headers of replies. */
const headers = {
  "X-Request-Id": text(
    "The request's id; quote it to support. A caller's own is kept when it has 8-128 characters of `A-Z a-z 0-9 . _ -`.",
    "0b54b2a6-3c51-4d0e-8f0e-6a6a2f0f9d11",
  ),
  RateLimit: text("What is left (`r`) of each limit, and for how many seconds (`t`).", '"per-endpoint"; r=119; t=60'),
  "RateLimit-Policy": text(
    "The limits in force: how many requests (`q`) in how many seconds (`w`).",
    '"per-endpoint"; q=120; w=60',
  ),
  Link: text('The next page, as `<…>; rel="next"`; absent on the last page.', '</v1/call-logs?cursor=…>; rel="next"'),
  "Retry-After": text("Seconds to wait.", 60, "integer"),
  "WWW-Authenticate": text("How to authenticate.", "Bearer"),
};

/** Completes the generated document: examples, every refusal that an operation can give, and schemas without noise. */
export function postprocess(document: Document): Document {
  const responses = {};
  for (const contract of Object.values(operations)) {
    const operation = document.paths[contract.path]?.[contract.method === "POST" ? "post" : "get"];
    if (!operation) throw new Error(`${contract.path} is missing in the document`);
    postprocessOperation(operation, contract, responses);
  }
  const generated = Object.entries(document.components.schemas).filter(([name]) => !/^error\.|Output$/.test(name));
  const schemas = Object.fromEntries(
    [...generated, ...Object.entries(systemSchemas)].sort(([a], [b]) => (a < b ? -1 : 1)),
  );
  const result = simplify({
    ...document,
    paths: { ...document.paths, ...systemPaths },
    components: { ...document.components, headers, schemas, responses },
  }) as Document;
  exampleFields(result);
  return result;
}

function postprocessOperation(operation: Operation, contract: OperationContract, responses: Record<string, object>) {
  for (const parameter of operation.parameters ?? []) {
    const { title: _, description, ...schema } = parameter.schema;
    const field = (contract.input as z.ZodObject).shape[parameter.name];
    parameter.schema = { ...schema, ...(field instanceof z.ZodDefault && { default: field.def.defaultValue }) };
    if (typeof description === "string") parameter.description = description;
    if (parameter.in === "path") parameter.example = contract.example.input[parameter.name];
  }
  exampleParameters(operation, contract);
  if (operation.requestBody) describeRecordBody(operation.requestBody.content, contract);
  const content = (operation.responses["200"] as Response).content as Record<string, Media>;
  (content["application/json"] as Media).example = contract.example.output;
  const names = ["X-Request-Id", "RateLimit", "RateLimit-Policy", ...(contract.shape === "list" ? ["Link"] : [])];
  const answer = {
    description: contract.output.meta()?.description,
    headers: Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }])),
    content,
  };
  operation.responses = { "200": answer, ...errorResponsesOf(contract, responses) };
}

/** The records of a request in both of their forms: one JSON array, or a line each. */
function describeRecordBody(content: Record<string, Media>, { example }: OperationContract) {
  content["application/json"] = { schema: { $ref: "#/components/schemas/RecordBatch" }, example: example.input };
  content["application/x-ndjson"] = {
    schema: {
      type: "string",
      title: "Records, one a line",
      description: "Each line is the JSON of a `RecordWritten`. A line that is no JSON is refused alone.",
    },
    example: (example.input["records"] as object[])
      .slice(0, 2)
      .map((each) => `${JSON.stringify(each)}\n`)
      .join(""),
  };
}

/** Removes what says nothing to a reader: bounds of 2^53, the patterns behind formats, `anyOf` for null, the second copy of a schema that goes in and out; and opens schemas, since `/v1` may add fields. */
function simplify(node: unknown, key = ""): unknown {
  if (Array.isArray(node)) return node.map((each) => simplify(each));
  if (typeof node !== "object" || node === null || key === "example" || key === "examples") return node;
  const schema = simplifyNullable({ ...node });
  if (schema.$ref) schema.$ref = schema.$ref.replace(/Output$/, "");
  if (schema["maximum"] === Number.MAX_SAFE_INTEGER) delete schema["maximum"];
  if (schema["minimum"] === Number.MIN_SAFE_INTEGER) delete schema["minimum"];
  if (schema["format"] === "date-time" || schema["pattern"] === "^[^\\0]*$") delete schema["pattern"];
  if (schema["additionalProperties"] === false) delete schema["additionalProperties"];
  delete schema["propertyNames"];
  return Object.fromEntries(Object.entries(schema).map(([name, value]) => [name, simplify(value, name)]));
}

function simplifyNullable(schema: Schema): Schema {
  const { anyOf, ...rest } = schema;
  const [only, none] = Array.isArray(anyOf) && anyOf.length === 2 ? anyOf : [];
  if (!only || none?.["type"] !== "null" || typeof only["type"] !== "string") return schema;
  return {
    ...only,
    ...rest,
    type: [only["type"], "null"],
    ...(Array.isArray(only["enum"]) && { enum: [...(only["enum"] as unknown[]), null] }),
  };
}
