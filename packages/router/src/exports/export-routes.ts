import type { ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import {
  ApiError,
  exportHeaders,
  parsePosition,
  problemMediaType,
  reportExports,
  suggestionFor,
  UpgradeRequiredError,
  type Export,
  type ExportFormat,
  type Issue,
} from "@moja/contracts";
import { cursorAt, type TenantScope } from "@moja/store";
import { TRPCError } from "@trpc/server";
import { createContext } from "../context.ts";
import { errorResponseMeta, toProblem } from "../errors.ts";
import { listOf, type ListPage } from "../operations.ts";
import { authorize, canReadPii } from "../authorize.ts";
import { reportHandler } from "../report-handler.ts";
import { parseQuery, toSingleValues } from "../rest/query-string.ts";
import type { RestRoute } from "../rest/rest-adapter.ts";
import type { Request, Service } from "../transport.ts";
import type { ExportBatch, RenderedBatch } from "./export-batch.ts";
import { createExportPool } from "./export-pool.ts";
import { rowFormat } from "./row-format.ts";
import { RunningExports } from "./running-exports.ts";

/** The parameters of an export, read. */
type ExportInput = {
  format: ExportFormat;
  columns?: string[];
  cursor?: string;
  after?: string;
  order: "asc" | "desc";
  totals: "true" | "false";
  estimate: "true" | "false";
  [filter: string]: unknown;
};

/**
 * An export that may begin: its parameters, the first page of its list, the cursor of its beginning, and the batch
 * that it prints first.
 */
type OpenedExport = { contract: Export; input: ExportInput; page: ListPage; startCursor: string; batch: ExportBatch };

type RenderBatch = (batch: ExportBatch) => Promise<RenderedBatch>;

/** How many rows a page holds of those that are printed one after the other. */
const rowsPerPage = 200;

/** How many rows an estimate looks at. */
const rowsSampled = 1000;

/** The routes of exports: a list's rows as a file, streamed as fast as the caller reads. */
export function exportRoutes(service: Service): RestRoute[] {
  const render = createExportPool(service.database);
  const running = new RunningExports(service.exportsPerKey);
  return Object.entries(reportExports).map(([report, contract]) => {
    // The rows are masked as they are printed.
    const admit = reportHandler({
      contract,
      run: async (reader, input: ExportInput) => ({ reader, input }),
      mask: undefined,
    });
    return {
      path: contract.path,
      method: "GET",
      handle: async (request, response) => {
        const context = createContext(request, { ...service, transport: "rest" });
        try {
          const { input: given, issues } = readParameters(contract, request);
          const { reader, input } = await admit({ ...context, issues }, async () => given);
          const masked = !canReadPii(reader);
          const open = () =>
            reader.tenant.readAfter(reader.after, (tenant) => openExport(report, { contract, tenant, input, masked }));
          if (input.estimate === "true") await sendEstimate(render, await open(), response);
          else
            await running.count(reader.key.key_id, async () =>
              sendFile(render, await open(), { request, response, reauthorize: () => authorize(context) }),
            );
        } catch (error) {
          handleFailure(error, { ...service, request_id: context.request_id, response });
        }
      },
    };
  });
}

/**
 * Refuses a file over HTTP/1.0, which has no chunks: a file of a length that is not known yet would end there as one
 * that is cut does.
 */
function rejectOldHttp({ httpVersion }: Request): void {
  if (httpVersion === "1.0")
    throw new UpgradeRequiredError(
      "invalid_request",
      "An export needs HTTP/1.1: over HTTP/1.0 a file that is cut looks whole. " +
        "Where a proxy stands between, set its version of HTTP towards this server " +
        "(nginx: `proxy_http_version 1.1;`).",
    );
}

/** Asks the list for its first row: whatever the list refuses is refused before the first byte. */
async function openExport(
  report: string,
  { contract, tenant, input, masked }: { contract: Export; tenant: TenantScope; input: ExportInput; masked: boolean },
): Promise<OpenedExport> {
  const { format, columns, after, estimate, totals, ...listInput } = input;
  const page = await listOf(report).resolve(tenant, {
    ...listInput,
    limit: 1,
    totals: estimate === "true" ? "true" : totals,
  });
  const start = Date.parse(page.applied[input.order === "desc" ? "to" : "from"]);
  const startCursor = await cursorAt({ path: contract.list.path, tenant }, page.applied, { at: start, id: "" });
  const cursor =
    after === undefined
      ? startCursor
      : await cursorAt({ path: contract.list.path, tenant }, page.applied, positionInWindow(page, after));
  const batch = {
    report,
    organization_id: tenant.organization_id,
    input: { ...listInput, totals: "false", limit: rowsPerPage, cursor },
    format,
    columns,
    masked,
    isFromReplica: tenant.isOnReplica,
  };
  return { contract, input, page, startCursor, batch };
}

function positionInWindow({ applied }: ListPage, after: string) {
  const position = parsePosition(after);
  if (position.at < Date.parse(applied.from) || position.at >= Date.parse(applied.to))
    throw new ApiError("invalid_request", undefined, [
      { path: "after", message: `is not in the window from ${applied.from} to ${applied.to}` },
    ]);
  return position;
}

/** The parameters as they are given, and what is wrong with them beyond what their schema finds. */
function readParameters(contract: Export, request: Request): { input: Record<string, unknown>; issues: Issue[] } {
  const search = new URL(request.url ?? "/", "http://localhost").search.slice(1);
  const { query, issues } = parseQuery(contract.input, search, []);
  const known = Object.keys(contract.row.shape);
  for (const name of query["columns"] ?? [])
    if (!known.includes(name))
      issues.push({ path: "columns", message: `\`${name}\` is no column here; ${suggestionFor(name, known)}` });
  const input = toSingleValues(contract.input, query);
  if (input["after"] !== undefined && input["cursor"] === undefined)
    issues.push({
      path: "after",
      message: `needs \`cursor\`: the header \`${exportHeaders.cursor}\` of the export that broke off`,
    });
  if (input["cursor"] !== undefined && contract.input.shape["estimate"]?.safeParse(input["estimate"]).data === "true")
    issues.push({ path: "estimate", message: "is of the whole export: leave `cursor` out" });
  return { input, issues };
}

/** Answers the size of the export. */
async function sendEstimate(
  render: RenderBatch,
  { input, page, contract, batch }: OpenedExport,
  response: ServerResponse,
): Promise<void> {
  const { text, rows } = await render({ ...batch, input: { ...batch.input, limit: rowsSampled } });
  const total = page.totals?.["rows"] ?? 0;
  const { heading } = rowFormat(input.format, contract.row.shape, input.columns);
  const bytes_estimated = Buffer.byteLength(heading) + (rows === 0 ? 0 : Math.round((text.byteLength / rows) * total));
  sendJson(response, { rows: total, bytes_estimated }, { "Cache-Control": "private, no-store" });
}

/**
 * Sends the file. It ends as HTTP ends a whole body, with its number of rows as a trailer, only when it is complete.
 */
async function sendFile(
  render: RenderBatch,
  opened: OpenedExport,
  {
    request,
    response,
    reauthorize,
  }: { request: Request; response: ServerResponse; reauthorize: () => Promise<unknown> },
): Promise<void> {
  rejectOldHttp(request);
  const { contract, input, batch } = opened;
  const first = request.method === "HEAD" ? undefined : await render(batch);
  setFileHeaders(opened, response);
  if (!first) return void response.end();
  const { heading } = rowFormat(input.format, contract.row.shape, input.columns);
  const resumed = input.after !== undefined;
  response.setHeader("Trailer", exportHeaders.rows);
  let rows = 0;
  const chunks = async function* () {
    if (!resumed) yield heading;
    for (let batchToSend: RenderedBatch | undefined = first; batchToSend;) {
      const { text, next_cursor, rows: batchRows }: RenderedBatch = batchToSend;
      // The next batch is printed while this one is on its way.
      const next: Promise<RenderedBatch> | undefined =
        next_cursor === null ? undefined : render({ ...batch, input: { ...batch.input, cursor: next_cursor } });
      next?.catch(() => {});
      // A key that was revoked meanwhile, or whose organization may no longer read, gets no more.
      await reauthorize();
      yield text;
      rows += batchRows;
      batchToSend = await next;
      // The response has taken this batch by now: its memory is freed at once rather than when it is collected.
      if (batchToSend && text.buffer instanceof ArrayBuffer) text.buffer.transfer(0);
    }
  };
  await pipeline(chunks(), response, { end: false });
  response.addTrailers({ [exportHeaders.rows]: String(rows) });
  response.end();
}

/** The headers of the file: its type and name, where it can be resumed, and its control totals. */
function setFileHeaders({ contract, input, page, startCursor }: OpenedExport, response: ServerResponse): void {
  const { mediaType } = rowFormat(input.format, contract.row.shape, input.columns);
  const titles = input.after === undefined ? "present" : "absent";
  response.setHeader("Content-Type", input.format === "csv" ? `${mediaType}; header=${titles}` : mediaType);
  response.setHeader("Content-Disposition", `attachment; filename="${fileName(contract, input, page)}"`);
  response.setHeader("Cache-Control", "private, no-store");
  response.setHeader(exportHeaders.cursor, startCursor);
  if (page.totals) response.setHeader(exportHeaders.totals, JSON.stringify(page.totals));
}

function fileName({ path }: Export, { format }: ExportInput, { applied }: ListPage): string {
  return `${path.split("/").at(-1)}_${applied.from.slice(0, 10)}_${applied.to.slice(0, 10)}.${format}`;
}

/**
 * Answers an error as its problem. Once the file has begun the connection is cut, so that no partial file looks
 * whole.
 */
function handleFailure(
  error: unknown,
  { onError, request_id, response }: Pick<Service, "onError"> & { request_id: string; response: ServerResponse },
): void {
  if (error instanceof Error && "code" in error && error.code === "ERR_STREAM_PREMATURE_CLOSE") return;
  const body = toProblem(new TRPCError({ code: "INTERNAL_SERVER_ERROR", cause: error }), request_id);
  if (body.status >= 500 && !(error instanceof ApiError))
    onError(error instanceof Error ? error : new Error(String(error)), request_id);
  if (response.headersSent) return void response.destroy();
  const { status, headers } = errorResponseMeta(body);
  response.statusCode = status;
  sendJson(response, body, { ...headers, "Content-Type": problemMediaType });
}

/** Sends JSON with its length, by which a caller notices one that is cut, over HTTP/1.0 too. */
function sendJson(response: ServerResponse, body: object, headers: Record<string, string>): void {
  const json = JSON.stringify(body);
  const all = { "Content-Type": "application/json", ...headers, "Content-Length": Buffer.byteLength(json) };
  response.setHeaders(new Map(Object.entries(all))).end(json);
}
