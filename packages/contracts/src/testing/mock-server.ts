import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { isDeepStrictEqual } from "node:util";
import type { TRPC_ERROR_CODE_NUMBER } from "@trpc/server";
import type { z } from "zod";
import { apiKeyHeader, me } from "../access.ts";
import { contracts, type Contracts } from "../contracts.ts";
import { withoutFirstPage } from "../define/list.ts";
import { ApiError, missingScopeError, notFoundError, problem } from "../errors.ts";
import { exampleBids } from "../examples/rtb-request.ts";
import type { ErrorShape } from "../reporting-router.ts";
import { noProcedureDetail } from "../suggestions.ts";
import { entriesOf, objectFrom } from "../typed-object.ts";
import { issuesOf } from "../validation-issues.ts";
import { ListInput, pageFromRows, type ListContract } from "./in-memory-list.ts";

export { matchingRows } from "./in-memory-list.ts";

type Rows = {
  [
    Report in keyof Contracts as Contracts[Report] extends { list: unknown } ? Report : never
  ]: Contracts[Report] extends { list: { row: infer Row extends z.ZodType } } ? z.output<Row>[] : never;
};
type Row = Record<string, unknown>;
type MockContract = { input: z.ZodObject; output: z.ZodType; example: { input: Row; output: unknown } } & (
  | (ListContract & { shape: "list" })
  | { shape: "detail" | "timeline"; id: string }
  | { shape: "summary" }
  | { shape?: never }
);

/** The documented rows of every list, from 4 May 2026: one call that did not pay, and the requests around it. */
export const exampleRows: Rows = { ...rowsOfExamples(), outboundRtb: exampleBids };

function rowsOfExamples(): Rows {
  return objectFrom(
    entriesOf(contracts).flatMap(([report, operations]) =>
      "list" in operations ? [[report, operations.list.example.output.data] as const] : [],
    ),
  );
}

/** A running mock server. `await using` stops it. */
export type MockServer = AsyncDisposable & {
  /** Its address, for `createClient`. */
  url: string;
  /** The only key that it accepts, of an organization without limits. */
  key: string;
};

/**
 * Starts a local mock server for the API, for tests without a database. It serves `createClient` and any other tRPC
 * client from rows in memory (default: `exampleRows`) and fails with the API's own errors. Summaries return their
 * documented example only and exports are missing: a request for more is rejected with a message that says so.
 */
export async function startMockServer(options: { rows?: Partial<Rows> } = {}): Promise<MockServer> {
  const rows: Record<string, Row[]> = { ...exampleRows, ...options.rows };
  const key = `moja_mock-server_${randomUUID()}`;
  const reply = async (request: IncomingMessage, response: ServerResponse) => {
    const asked = { request, body: await text(request) };
    const { status, request_id, json } = respond(asked, key, rows);
    const headers = { "Content-Type": "application/json", "X-Request-Id": request_id, "Cache-Control": "no-store" };
    response.writeHead(status, headers).end(json);
  };
  const server = createServer((request, response) => {
    reply(request, response).catch(() => response.destroy());
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const stop = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  };
  return { url: `http://127.0.0.1:${portOf(server)}`, key, [Symbol.asyncDispose]: stop };
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The server has no TCP port");
  return address.port;
}

/** A request with its body. */
type Asked = { request: IncomingMessage; body: string };

function respond(asked: Asked, key: string, rows: Record<string, Row[]>) {
  const request_id: string = randomUUID();
  try {
    return { status: 200, request_id, json: JSON.stringify({ result: { data: answer(asked, key, rows) } }) };
  } catch (thrown) {
    if (!(thrown instanceof ApiError)) throw thrown;
    const data = problem(thrown.code, { detail: thrown.message, request_id, issues: thrown.issues });
    const error: ErrorShape = { message: data.detail, code: trpcNumbers[data.status] ?? -32_603, data };
    return {
      status: data.status,
      request_id,
      json: JSON.stringify(asked.request.url?.startsWith("/trpc/") ? { error } : data),
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
    entriesOf(contracts).flatMap(([report, operations]) =>
      entriesOf(operations).map(([name, contract]): [string, MockContract] => [`${report}.${name}`, contract]),
    ),
  ),
  "me.get": me.get,
};

/** Rejects a request in the API's order: by its procedure, its key, its input. */
function answer(asked: Asked, key: string, rows: Record<string, Row[]>): unknown {
  const { request } = asked;
  const { pathname } = new URL(request.url ?? "/", "http://localhost");
  if (!pathname.startsWith("/trpc/"))
    throw new ApiError("not_found", `The mock server answers tRPC at /trpc, not ${pathname}.`);
  const name = pathname.replace(/^\/trpc\//, "");
  const isPush = name === "ingest.push";
  const contract = Object.hasOwn(mockContracts, name) ? mockContracts[name] : undefined;
  if (!contract && !isPush)
    throw new ApiError("not_found", noProcedureDetail(name, [...Object.keys(mockContracts), "ingest.push"]));
  const methods = isPush ? ["POST"] : ["GET", "POST"];
  if (!methods.includes(request.method ?? "")) throw new ApiError("method_not_allowed");
  authenticate(request, key);
  if (!contract) throw missingScopeError("ingest:write", "Writing records");
  const reportRows = rows[String(name.split(".")[0])] ?? Object.values(rows).flat();
  return exampleAnswer(contract, reportRows, readInput(contract, sentInput(asked)));
}

/** The input of a query as it was sent: in the URL, or posted where it is too long for one. */
function sentInput({ request, body }: Asked): string | null {
  if (request.method === "POST") return body === "" ? null : body;
  return new URL(request.url ?? "/", "http://localhost").searchParams.get("input");
}

function authenticate({ headers }: IncomingMessage, key: string): void {
  const presented = headers[apiKeyHeader.toLowerCase()] ?? /^bearer\s+(.+)$/i.exec(headers.authorization ?? "")?.[1];
  if (!presented) throw new ApiError("missing_api_key");
  if (presented !== key) throw new ApiError("invalid_api_key");
}

function readInput({ input, shape }: MockContract, sent: string | null): Row {
  const given = sent === null ? defaultInput(input) : readInputJson(sent, shape);
  const parsed = input.safeParse(given);
  if (!parsed.success)
    throw new ApiError("invalid_request", undefined, issuesOf(parsed.error, Object.keys(input.shape), given));
  return parsed.data;
}

/** An input that is left out is an empty one where nothing is required; else it is missing as a whole. */
function defaultInput(input: z.ZodObject): Row | undefined {
  return input.safeParse({}).success ? {} : undefined;
}

function readInputJson(sent: string, shape: MockContract["shape"]): unknown {
  return shape === "list" ? withoutFirstPage(readJson(sent)) : readJson(sent);
}

function readJson(sent: string): unknown {
  try {
    return JSON.parse(sent);
  } catch {
    throw new ApiError("invalid_request");
  }
}

/** Answers a list from its rows, a detail from its row, and anything else from its documented example. */
function exampleAnswer(contract: MockContract, rows: Row[], input: Row): unknown {
  const { example } = contract;
  switch (contract.shape) {
    case "list":
      return pageFromRows(contract, rows, ListInput.parse(input));
    case "detail":
    case "timeline":
      return rowOrExample(contract, rows, input);
    case "summary":
      if (!isDeepStrictEqual(input, contract.input.parse(example.input)))
        throw new ApiError("not_found", "The mock server has of each summary its documented example alone.");
      return example.output;
    default:
      return example.output;
  }
}

type ResourceContract = Extract<MockContract, { shape: "detail" | "timeline" }>;

function rowOrExample({ id, output, example }: ResourceContract, rows: Row[], input: Row): unknown {
  const row = rows.find((each) => each[id] === input[id]);
  if (row && output.safeParse(row).success) return row;
  if (input[id] === example.input[id]) return example.output;
  if (!row) throw notFoundError(id);
  const documented = String(example.input[id]);
  throw new ApiError(
    "not_found",
    `The mock server has this row, but its details only for the documented ${documented}.`,
  );
}
