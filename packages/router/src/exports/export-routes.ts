import type { ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import {
  exportHeaders,
  issuesOf,
  nearest,
  placeOf,
  problemMediaType,
  Refusal,
  reportExports,
  type Export,
  type ExportFormat,
} from "@moja/contracts";
import { answers, cursorAt, type Scope } from "@moja/store";
import { TRPCError } from "@trpc/server";
import { authenticate, contextOf, reportingRefusal, type Caller } from "../context.ts";
import { problemOf, refusedMeta } from "../errors.ts";
import { refusePersonalFilters, seesPersonal } from "../procedures.ts";
import { readQuery, singly } from "../rest/query-string.ts";
import type { RestRoute } from "../rest/rest-adapter.ts";
import type { Request, Service } from "../transport.ts";
import type { Batch, Printed } from "./export-batch.ts";
import { exportThreads } from "./export-pool.ts";
import { linesOf } from "./row-format.ts";

/** The parameters of an export, read. */
type Input = {
  format: ExportFormat;
  columns?: string[];
  cursor?: string;
  after?: string;
  order: "asc" | "desc";
  totals: "true" | "false";
  estimate: "true" | "false";
  [filter: string]: unknown;
};

type Page = {
  data: Record<string, unknown>[];
  applied: { from: string; to: string; order: "asc" | "desc"; filters: Record<string, never> };
  totals: Record<string, number> | null;
};

/** An export that may begin: its parameters, the first page of its list, the cursor of its beginning, and the batch that it prints first. */
type Opened = { promise: Export; input: Input; page: Page; beginning: string; batch: Batch };

type Print = (batch: Batch) => Promise<Printed>;

/** How many rows a page holds of those that are printed one after the other. */
const rowsPerPage = 200;

/** How many rows an estimate looks at. */
const rowsSampled = 1000;

/** The routes of exports: a list's rows as a file, streamed as fast as the caller reads. */
export function exportRoutes(service: Service): RestRoute[] {
  const print = exportThreads(service.database);
  return Object.entries(reportExports).map(([report, promise]) => ({
    path: promise.path,
    method: "GET",
    handle: async (request, response) => {
      const context = contextOf(request, service);
      try {
        const opened = await open(report, promise, request, await authenticate(context));
        if (opened.input.estimate === "true") await estimate(print, opened, response);
        else await send(print, opened, request, response);
      } catch (error) {
        fail(service, error, context.request_id, response);
      }
    },
  }));
}

/** Checks the key, the plan and the parameters, and asks the list for its first row: whatever the list refuses is refused before the first byte. */
async function open(report: string, promise: Export, request: Request, caller: Caller): Promise<Opened> {
  const refusal = reportingRefusal(caller);
  if (refusal) throw refusal;
  const input = readInput(promise, new URL(request.url ?? "/", "http://localhost").search.slice(1));
  refusePersonalFilters(promise, caller, input);
  const { format, columns, after, estimate, totals, ...asked } = input;
  const { scope } = caller;
  const { list } = answers[report as keyof typeof answers] as unknown as {
    list: (scope: Scope, input: object) => Promise<Page>;
  };
  const page = await list(scope, { ...asked, limit: 1, totals: estimate === "true" ? "true" : totals });
  const edge = Date.parse(page.applied[input.order === "desc" ? "to" : "from"]);
  const beginning = cursorAt(promise.list, scope, page.applied, { at: edge, id: "" });
  const cursor =
    after === undefined ? beginning : cursorAt(promise.list, scope, page.applied, placeWithin(page, after));
  const batch = {
    report,
    organization_id: scope.organization_id,
    input: { ...asked, totals: "false", limit: rowsPerPage, cursor },
    format,
    columns,
    masked: !seesPersonal(caller),
  };
  return { promise, input, page, beginning, batch };
}

function placeWithin({ applied }: Page, after: string) {
  const place = placeOf(after);
  if (place.at < Date.parse(applied.from) || place.at >= Date.parse(applied.to))
    throw new Refusal("invalid_request", undefined, [
      { path: "after", message: `is not in the window from ${applied.from} to ${applied.to}` },
    ]);
  return place;
}

function readInput(promise: Export, search: string): Input {
  const { query, issues } = readQuery(promise.input, search, []);
  const known = Object.keys(promise.row.shape);
  for (const name of query["columns"] ?? [])
    if (!known.includes(name))
      issues.push({ path: "columns", message: `\`${name}\` is no column here; ${nearest(name, known)}` });
  const parsed = promise.input.safeParse(singly(promise.input, query));
  const edge = new Set(issues.map(({ path }) => path));
  const found = parsed.success
    ? []
    : issuesOf(parsed.error, Object.keys(promise.input.shape)).filter(
        ({ path }) => !edge.has(path.split(".")[0] ?? ""),
      );
  const input = parsed.data as Input | undefined;
  if (input?.after !== undefined && input.cursor === undefined)
    found.push({
      path: "after",
      message: `needs \`cursor\`: the header \`${exportHeaders.cursor}\` of the export that broke off`,
    });
  if (input?.cursor !== undefined && input.estimate === "true")
    found.push({ path: "estimate", message: "is of the whole export: leave `cursor` out" });
  if (issues.length + found.length > 0 || !input)
    throw new Refusal("invalid_request", undefined, [...issues, ...found]);
  return input;
}

/** Answers the size of the export. */
async function estimate(
  print: Print,
  { input, page, promise, batch }: Opened,
  response: ServerResponse,
): Promise<void> {
  const { text, rows } = await print({ ...batch, input: { ...batch.input, limit: rowsSampled } });
  const total = page.totals?.["rows"] ?? 0;
  const { heading } = linesOf(input.format, promise.row.shape, input.columns);
  const bytes_estimated = Buffer.byteLength(heading) + (rows === 0 ? 0 : Math.round((text.byteLength / rows) * total));
  response.setHeader("Content-Type", "application/json").setHeader("Cache-Control", "private, no-store");
  response.end(JSON.stringify({ rows: total, bytes_estimated }));
}

/** Sends the file. It ends as HTTP ends a whole body, with its number of rows as a trailer, only when it is complete. */
async function send(
  print: Print,
  { promise, input, page, beginning, batch }: Opened,
  request: Request,
  response: ServerResponse,
): Promise<void> {
  const first = request.method === "HEAD" ? undefined : await print(batch);
  const { mediaType, heading } = linesOf(input.format, promise.row.shape, input.columns);
  const resumed = input.after !== undefined;
  response.setHeader(
    "Content-Type",
    input.format === "csv" ? `${mediaType}; header=${resumed ? "absent" : "present"}` : mediaType,
  );
  response.setHeader("Content-Disposition", `attachment; filename="${fileName(promise, input, page)}"`);
  response.setHeader("Cache-Control", "private, no-store");
  response.setHeader(exportHeaders.cursor, beginning);
  if (page.totals) response.setHeader(exportHeaders.totals, JSON.stringify(page.totals));
  if (!first) return void response.end();
  const hasTrailer = request.httpVersion !== "1.0";
  if (hasTrailer) response.setHeader("Trailer", exportHeaders.rows);
  let rows = 0;
  const chunks = async function* () {
    if (!resumed) yield heading;
    for (let printed: Printed | undefined = first; printed;) {
      const { text, next_cursor, rows: several }: Printed = printed;
      // The next batch is printed while this one is on its way.
      const next: Promise<Printed> | undefined =
        next_cursor === null ? undefined : print({ ...batch, input: { ...batch.input, cursor: next_cursor } });
      next?.catch(() => {});
      yield text;
      rows += several;
      printed = await next;
      // What is as large as a whole batch has left by now; its memory would else be collected too late.
      if (printed) (text.buffer as ArrayBuffer).transfer(0);
    }
  };
  await pipeline(chunks(), response, { end: false });
  if (hasTrailer) response.addTrailers({ [exportHeaders.rows]: String(rows) });
  response.end();
}

function fileName({ path }: Export, { format }: Input, { applied }: Page): string {
  return `${path.split("/").at(-1)}_${applied.from.slice(0, 10)}_${applied.to.slice(0, 10)}.${format}`;
}

/** A refusal is answered as its problem; once the file has begun, the connection is cut, so that no file looks whole that is not. */
function fail({ onError }: Service, error: unknown, request_id: string, response: ServerResponse): void {
  if (error instanceof Error && "code" in error && error.code === "ERR_STREAM_PREMATURE_CLOSE") return;
  const body = problemOf(new TRPCError({ code: "INTERNAL_SERVER_ERROR", cause: error }), request_id);
  if (body.status >= 500) onError(error instanceof Error ? error : new Error(String(error)), request_id);
  if (response.headersSent) return void response.destroy();
  const { status, headers } = refusedMeta(body);
  response.writeHead(status, { ...headers, "Content-Type": problemMediaType }).end(JSON.stringify(body));
}
