import { apiKeyHeader, contracts, organizationHeader, reportExports } from "@moja/contracts";
import { createTRPCUntypedClient, httpLink, splitLink } from "@trpc/client";
import { assertJson } from "./assert-json.ts";
import type { Client, ClientOptions, Ingest, RequestOptions } from "./client-types.ts";
import { throwingRefusals, toMojaError } from "./errors.ts";
import { estimateOf, exportFile, type ExportOptions, type ExportParameters, type ExportSource } from "./export-file.ts";
import { exportRows } from "./export-rows.ts";
import { defaultRetryOptions, fetchWithRetry } from "./fetch-with-retry.ts";
import { withinOwnOrigin } from "./own-origin.ts";
import { withOwnWrites } from "./own-writes.ts";
import { pushAll, type Receipt } from "./push-all.ts";
import { pushLines } from "./push-lines.ts";
import { trusted, type RestOptions } from "./rest.ts";

type Page = { data: unknown[]; next_cursor: string | null };

/** Sends an input to one tRPC procedure. */
type Call = <Result>(input?: unknown, options?: RequestOptions) => Promise<Result>;

/** Creates a client for TypeScript apps. Every function throws a `MojaError` when its request fails. */
export function createClient(options: ClientOptions): Client {
  const rest = restOptions(options);
  const callerOf = trpcCaller(rest);
  const reports = Object.entries(contracts).map(([report, operations]) => {
    const contract = reportExports[report];
    return [
      report,
      {
        ...Object.fromEntries(Object.keys(operations).map((name) => [name, callerOf(`${report}.${name}`)])),
        ...(contract && { ...exportFunctions({ rest, contract }), all: paginate(callerOf(`${report}.list`)) }),
      },
    ] as const;
  });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the functions derive from the contracts
  return {
    ...Object.fromEntries(reports),
    me: { get: callerOf("me.get") },
    ingest: ingestFunctions(rest, callerOf("ingest.push", "mutation")),
  } as Client;
}

/** Validates the options and fills in the defaults. */
function restOptions({
  url,
  key,
  organization_id,
  fetch = (...request) => globalThis.fetch(...request),
  timeout_ms = defaultRetryOptions.timeout_ms,
  retries_max = defaultRetryOptions.retries_max,
  retry_pause_ms = defaultRetryOptions.retry_pause_ms,
}: ClientOptions): RestOptions {
  if (!URL.canParse(url))
    throw new TypeError(`The API's address must be a URL like https://api.moja.example, not ${JSON.stringify(url)}`);
  return {
    url,
    key,
    organization_id,
    fetch: withinOwnOrigin(withOwnWrites(fetch)),
    retry: { timeout_ms, retries_max, retry_pause_ms },
  };
}

/** How long an input may be in a URL. A longer one is posted, because proxies take 8 KiB with all headers. */
const inputInUrlMax = 4096;

/** Calls tRPC procedures by their path. */
function trpcCaller({ url, key, organization_id, fetch, retry }: RestOptions) {
  const headers = {
    [apiKeyHeader]: key,
    ...(organization_id !== undefined && { [organizationHeader]: organization_id }),
  };
  const link = {
    url: `${url.replace(/\/+$/, "")}/trpc`,
    headers,
    fetch: throwingRefusals(fetchWithRetry(fetch, retry)),
  };
  const trpc = createTRPCUntypedClient({
    links: [
      splitLink({
        condition: ({ input }) => encodeURIComponent(JSON.stringify(input)).length > inputInUrlMax,
        true: httpLink({ ...link, methodOverride: "POST" }),
        false: httpLink(link),
      }),
    ],
  });
  return (path: string, kind: "query" | "mutation" = "query"): Call =>
    async <Result>(input: unknown = {}, options: RequestOptions = {}) => {
      try {
        return trusted<Result>(await trpc[kind](path, input, options));
      } catch (error) {
        if (options.signal?.aborted) throw options.signal.reason;
        throw toMojaError(error, url);
      }
    };
}

function exportFunctions(source: ExportSource) {
  return {
    export: (input: ExportParameters & { columns?: string[] } = {}, { signal }: RequestOptions = {}) =>
      exportRows(source, input, signal),
    exportFile: (input: ExportParameters = {}, options?: ExportOptions) => exportFile(source, input, options),
    estimate: (input: ExportParameters = {}, options?: RequestOptions) => estimateOf(source, input, options),
  };
}

function ingestFunctions(rest: RestOptions, call: Call): Ingest {
  const push: Ingest["push"] = async (records, options) => {
    assertJson(records);
    return call<Receipt>({ records }, options);
  };
  return {
    push,
    pushAll: (records, options) => pushAll(push, records, options),
    pushLines: (chunks, options) => pushLines(rest, chunks, options),
  };
}

/** Yields every row of a list. The first page's cursor fixes the window: rows that arrive meanwhile do not shift it. */
function paginate(list: Call) {
  return async function* all(input: object = {}, options: RequestOptions = {}) {
    let cursor: string | null = null;
    do {
      const page: Page = await list<Page>({ ...input, ...(cursor !== null && { cursor }) }, options);
      for (const row of page.data) {
        options.signal?.throwIfAborted();
        yield row;
      }
      cursor = page.next_cursor;
    } while (cursor !== null);
  };
}
