import {
  ExportEstimate,
  exportHeaders,
  issuesOf,
  problem,
  reportExports,
  unwrap,
  type Export,
  type ExportFormat,
} from "@moja/contracts";
import { z } from "zod";
import { rowFormat } from "../exports/row-format.ts";
import type { Document, Media, Operation, Response, Schema } from "./document-types.ts";

/** Adds the exports to the document. Each follows its list's operation: the same parameters, access and errors. */
export function addExportPaths(document: Document): Document {
  const { components, paths } = document;
  const operations = Object.entries(reportExports).map(([report, contract]) => [
    contract.path,
    { get: operationOf(report, contract, document) },
  ]);
  const schemas = Object.entries({ ...components.schemas, ExportEstimate: jsonSchema(ExportEstimate) }).sort(
    ([a], [b]) => (a < b ? -1 : 1),
  );
  return {
    ...document,
    paths: { ...paths, ...Object.fromEntries(operations) },
    components: {
      ...components,
      schemas: Object.fromEntries(schemas),
      responses: { ...components.responses, Refused400Export: exportErrorResponse(document) },
    },
  };
}

function operationOf(report: string, contract: Export, document: Document): Operation {
  const list = document.paths[contract.list.path]?.["get"];
  const answer = list?.responses["200"];
  if (!list || !answer) throw new Error(`${contract.list.path} is missing in the document`);
  const { Link: _, ...headers } = answer.headers ?? {};
  const parameters = Object.entries(contract.input.shape).map(([name, field]) => {
    const listParameter =
      field === contract.list.input.shape[name] ? list.parameters?.find((each) => each.name === name) : undefined;
    return listParameter ?? parameterOf(name, field);
  });
  const ok = {
    description: `${contract.summary}: the file, or its size.`,
    headers: { ...headers, ...ownHeaders(contract) },
    content: contentOf(contract),
  };
  const responses = {
    ...list.responses,
    "200": ok,
    "400": { $ref: "#/components/responses/Refused400Export" },
  };
  return {
    ...list,
    operationId: `${report}Export`,
    summary: contract.summary,
    description: contract.description,
    parameters: [...(list.parameters ?? []).filter((each) => each.in === "header"), ...parameters],
    responses,
  };
}

/** The list's response for invalid requests, with an example of an export. */
function exportErrorResponse({ components }: Document): Response {
  const response = structuredClone(components.responses["Refused400List"]);
  if (!response?.content) throw new Error("Refused400List is missing in the document");
  const [first] = Object.values(reportExports);
  const { error } = first?.input.safeParse({ format: "xlsx" }) ?? {};
  const examples = Object.values(response.content)[0]?.examples;
  if (examples && error)
    examples["invalid_request"] = {
      ...examples["invalid_request"],
      value: problem("invalid_request", {
        request_id: "0b54b2a6-3c51-4d0e-8f0e-6a6a2f0f9d11",
        issues: issuesOf(error, []),
      }),
    };
  return response;
}

function ownHeaders({ input, list }: Export) {
  const text = (description: string, example: unknown) => ({ description, schema: { type: "string" }, example });
  const { cursor } = input.shape;
  const example = cursor && z.globalRegistry.get(unwrap(cursor))?.examples;
  return {
    "Content-Disposition": text(
      "The file's name.",
      `attachment; filename="${list.path.split("/").at(-1)}_2026-05-04_2026-05-05.csv"`,
    ),
    [exportHeaders.cursor]: text(
      "Pass it as `cursor`, together with `after`, to resume this export when it breaks off.",
      Array.isArray(example) ? example[0] : undefined,
    ),
    [exportHeaders.totals]: text(
      "The control totals as JSON; absent unless `totals=true` asks for them.",
      '{"rows":120}',
    ),
    [exportHeaders.rows]: text(
      "A trailer: how many rows this answer held. It comes only when the answer is complete.",
      "120",
    ),
  };
}

function parameterOf(name: string, field: z.core.$ZodType) {
  const { title: _, description = "", ...schema } = jsonSchema(field);
  return { in: "query", name, description: String(description), required: false, schema };
}

function contentOf({ row, list }: Export): Record<string, Media> {
  const file = (format: ExportFormat) => {
    const { heading, line } = rowFormat(format, row.shape, Object.keys(row.shape));
    return {
      schema: { type: "string" },
      example: heading.replace("\uFEFF", "") + list.example.output.data.map(line).join(""),
    };
  };
  const csv = file("csv");
  const size = { rows: list.example.output.data.length, bytes_estimated: Buffer.byteLength(`\uFEFF${csv.example}`) };
  return {
    "text/csv": csv,
    "application/x-ndjson": file("ndjson"),
    "application/json": { schema: { $ref: "#/components/schemas/ExportEstimate" }, example: size },
  };
}

function jsonSchema(schema: z.core.$ZodType): Schema {
  const { $schema: _schema, additionalProperties: _additional, ...rest } = z.toJSONSchema(schema);
  // The bound of 2^53, which zod gives to every integer, says nothing to a reader.
  const text = JSON.stringify(rest, (_key, value: unknown) => (value === Number.MAX_SAFE_INTEGER ? undefined : value));
  return JSON.parse(text);
}
