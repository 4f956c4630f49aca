import { consistencyHeader } from "@moja/contracts";
import { z } from "zod";
import { shapeOf } from "../object-shape.ts";
import { operations, type OperationContract } from "../operations.ts";
import type { Document, Media, Operation, Response, Schema } from "./document-types.ts";
import { errorResponsesOf } from "./error-responses.ts";
import { exampleFields, exampleParameters } from "./examples.ts";
import { replyHeaders } from "./reply-headers.ts";
import { simplify } from "./simplify.ts";
import { systemPaths, systemSchemas } from "./system-paths.ts";

/** Completes the generated document: examples, every error that an operation can give, and schemas without noise. */
export function postprocess(document: Document): Document {
  const responses: Record<string, Response> = {};
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
    components: { ...document.components, headers: replyHeaders, schemas, responses },
  });
  exampleFields(result);
  return result;
}

function postprocessOperation(
  operation: Operation,
  contract: OperationContract,
  responses: Record<string, Response>,
): void {
  describeParameters(operation, contract);
  exampleParameters(operation, contract);
  if (operation.requestBody) describeRecordBody(operation.requestBody.content, contract);
  const content = operation.responses["200"]?.content ?? {};
  const json = content["application/json"];
  if (!json) throw new Error(`${contract.path} answers no JSON in the document`);
  json.example = contract.example.output;
  const names = [
    "X-Request-Id",
    "RateLimit",
    "RateLimit-Policy",
    ...(contract.shape === "list" ? ["Link"] : []),
    ...(contract.method ? [consistencyHeader] : []),
  ];
  const answer = {
    description: contract.output.meta()?.description,
    headers: Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }])),
    content,
  };
  operation.responses = { "200": answer, ...errorResponsesOf(contract, responses) };
}

function describeParameters({ parameters = [] }: Operation, contract: OperationContract): void {
  const shape = shapeOf(contract.input);
  for (const parameter of parameters) {
    const { title: _, description, ...schema } = parameter.schema;
    const field = shape[parameter.name];
    parameter.schema = { ...schema, ...(field instanceof z.ZodDefault && { default: field.def.defaultValue }) };
    if (typeof description === "string") parameter.description = description;
    if (parameter.in === "path") parameter.example = contract.example.input[parameter.name];
  }
}

/** Describes the two forms of a batch of records: one JSON array, or one record a line. */
function describeRecordBody(content: Record<string, Media>, { example: { input } }: OperationContract): void {
  const records = Array.isArray(input["records"]) ? input["records"] : [];
  const schema: Schema = {
    type: "string",
    title: "Records, one a line",
    description: "Each line is the JSON of a `RecordWritten`. A line that is no JSON is refused alone.",
  };
  content["application/json"] = { schema: { $ref: "#/components/schemas/RecordBatch" }, example: input };
  content["application/x-ndjson"] = {
    schema,
    example: records
      .slice(0, 2)
      .map((each) => `${JSON.stringify(each)}\n`)
      .join(""),
  };
}
