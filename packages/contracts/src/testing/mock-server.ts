import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { isDeepStrictEqual } from "node:util";
import type { TRPC_ERROR_CODE_NUMBER } from "@trpc/server";
import type { z } from "zod";
import { apiKeyHeader, me } from "../access.ts";
import { contracts, type Contracts } from "../contracts.ts";
import { ApiError, missingScopeError, notFoundError, problem } from "../errors.ts";
import { exampleBids } from "../examples/rtb-request.ts";
import type { ErrorShape } from "../reporting-router.ts";
import { issuesOf } from "../validation-issues.ts";
import { pageFromRows, type ListContract, type ListInput } from "./in-memory-list.ts";

export { matchingRows } from "./in-memory-list.ts";

type Rows = {
  [
    Report in keyof Contracts as Contracts[Report] extends { list: unknown } ? Report : never
  ]: Contracts[Report] extends { list: { row: infer Row extends z.ZodType } } ? z.output<Row>[] : never;
};
type Row = Record<string, unknown>;
type MockContract = {
  id?: string;
  shape?: string;
  input: z.ZodObject;
  output: z.ZodType;
  example: { input: Row; output: unknown };
};

/** The example rows of every list, typed: one call that did not pay, with all that belongs to it. They are of 4 May 2026. */
export const exampleRows: Rows = { ...rowsOfExamples(), outboundRtb: exampleBids };

function rowsOfExamples(): Rows {
  const lists = Object.entries(contracts).flatMap(([report, reportContracts]) =>
    "list" in reportContracts ? [[report, reportContracts.list.example.output.data]] : [],
  );
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- `fromEntries` forgets which report has which rows
  return Object.fromEntries(lists) as Rows;
}

/** A running mock server. `await using` stops it. */
export type MockServer = AsyncDisposable & { url: string; key: string };

/**
 * Starts a local mock server for the API, for tests without a database: it answers `createClient` and any other tRPC client as the
 * contract promises, over rows in memory (the example rows where none are given), and refuses in the API's own words.
 * Of summaries it has the documented examples alone, of exports nothing: whatever it does not have it refuses, and says so.
 */
export async function startMockServer(options: { rows?: Partial<Rows> } = {}): Promise<MockServer> {
  const rows: Record<string, Row[]> = { ...exampleRows, ...options.rows };
  const key = `moja_mock-server_${randomUUID()}`;
  const server = createServer((request, response) => {
    const { status, body } = respond(request, key, rows);
    response
      .writeHead(status, {
        "Content-Type": "application/json",
        "X-Request-Id": body.request_id,
        "Cache-Control": "no-store",
      })
      .end(body.text);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const stop = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, key, [Symbol.asyncDispose]: stop };
}

function respond(request: IncomingMessage, key: string, rows: Record<string, Row[]>) {
  const request_id = randomUUID() as string;
  try {
    return {
      status: 200,
      body: { request_id, text: JSON.stringify({ result: { data: answer(request, key, rows) } }) },
    };
  } catch (thrown) {
    if (!(thrown instanceof ApiError)) throw thrown;
    const data = problem(thrown.code, { detail: thrown.message, request_id, issues: thrown.issues });
    const error: ErrorShape = { message: data.detail, code: trpcNumbers[data.status] ?? -32_603, data };
    return {
      status: data.status,
      body: { request_id, text: JSON.stringify(request.url?.startsWith("/trpc/") ? { error } : data) },
    };
  }
}

const trpcNumbers: Record<number, TRPC_ERROR_CODE_NUMBER> = {
  400: -32_600,
  401: -32_001,
  403: -32_003,
  404: -32_004,
  405: -32_005,
};

const mockContracts: Record<string, MockContract> = {
  ...Object.fromEntries(
    Object.entries(contracts).flatMap(([report, reportContracts]) =>
      Object.entries(reportContracts).map(([name, contract]) => [`${report}.${name}`, contract as MockContract]),
    ),
  ),
  "me.get": me.get,
};

/** Refuses in the API's order: the procedure, the key, the input. */
function answer({ url = "/", method, headers }: IncomingMessage, key: string, rows: Record<string, Row[]>): unknown {
  const { pathname, searchParams } = new URL(url, "http://localhost");
  const name = pathname.replace(/^\/trpc\//, "");
  const isPush = name === "ingest.push";
  const contract = Object.hasOwn(mockContracts, name) ? mockContracts[name] : undefined;
  if (!pathname.startsWith("/trpc/"))
    throw new ApiError("not_found", `The mock server answers tRPC at /trpc, not ${pathname}.`);
  if (!contract && !isPush) throw new ApiError("not_found");
  if (method !== (isPush ? "POST" : "GET")) throw new ApiError("method_not_allowed");
  const presented = headers[apiKeyHeader.toLowerCase()] ?? /^bearer\s+(.+)$/i.exec(headers.authorization ?? "")?.[1];
  if (!presented) throw new ApiError("missing_api_key");
  if (presented !== key) throw new ApiError("invalid_api_key");
  if (!contract) throw missingScopeError("ingest:write", "Writing records");
  const report = String(name.split(".")[0]);
  return exampleAnswer(
    contract,
    rows[report] ?? Object.values(rows).flat(),
    readInput(contract, searchParams.get("input")),
  );
}

function readInput({ input }: MockContract, text: string | null): Row {
  const parsedText = text === null ? (input.safeParse({}).success ? {} : undefined) : readJson(text);
  const parsed = input.safeParse(parsedText);
  if (!parsed.success)
    throw new ApiError("invalid_request", undefined, issuesOf(parsed.error, Object.keys(input.shape), parsedText));
  return parsed.data;
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ApiError("invalid_request");
  }
}

/** A list answers from its rows, a call its own row, and anything else its documented example, when that is what was asked. */
function exampleAnswer(contract: MockContract, rows: Row[], input: Row): unknown {
  if (contract.shape === "list") return pageFromRows(contract as unknown as ListContract, rows, input as ListInput);
  const { id, example, output } = contract;
  if (contract.shape === "summary" && !isDeepStrictEqual(input, contract.input.parse(example.input)))
    throw new ApiError("not_found", "The mock server has of each summary its documented example alone.");
  const row = id === undefined ? undefined : rows.find((each) => each[id] === input[id]);
  if (row && output.safeParse(row).success) return row;
  if (id === undefined || input[id] === example.input[id]) return example.output;
  if (row)
    throw new ApiError(
      "not_found",
      `The mock server has this row, but its details only for the documented ${String(example.input[id])}.`,
    );
  throw notFoundError(id);
}
