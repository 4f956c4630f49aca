import {
  apiKeyHeader,
  contracts,
  organizationHeader,
  type AnyContract,
  type Contracts,
  type ExportFormat,
  type me,
  type RecordInput,
} from "@moja/contracts";
import { createTRPCUntypedClient, httpLink } from "@trpc/client";
import { toMojaError } from "./errors.ts";
import {
  estimateOf,
  exportFile,
  type Estimate,
  type ExportFile,
  type ExportParameters,
  type Resume,
} from "./export-file.ts";
import { exportRows } from "./export-rows.ts";
import { defaultRetryOptions, fetchWithRetry, type RetryOptions } from "./fetch-with-retry.ts";
import { pushAll, type PushAllOptions, type PushedBatch, type Receipt } from "./push-all.ts";
import { pushLines, type PushedLines, type PushLinesOptions } from "./push-lines.ts";
import type { RestOptions } from "./rest.ts";

/** Where the API is and who asks. A service key names the organization that it reads. `fetch` sends the requests in the place of the platform's own. */
export type ClientOptions = {
  url: string;
  key: string;
  organization_id?: string;
  fetch?: typeof fetch;
} & Partial<RetryOptions>;

/** What a single request may be given besides its input. */
type RequestOptions = { signal?: AbortSignal };

type Input<C extends AnyContract> = C["input"]["_zod"]["input"];
type Output<C extends AnyContract> = C["output"]["_zod"]["output"];
type Call<C extends AnyContract> =
  Record<never, never> extends Input<C>
    ? (input?: Input<C>, options?: RequestOptions) => Promise<Output<C>>
    : (input: Input<C>, options?: RequestOptions) => Promise<Output<C>>;
type Row<C extends AnyContract> = Output<C> extends { data: (infer One)[] } ? One : never;

/** `all` walks every row of a list, page by page. */
type Pagination<Report> = Report extends { list: infer List extends AnyContract }
  ? { all: (input?: Omit<Input<List>, "cursor">, options?: RequestOptions) => AsyncGenerator<Row<List>, void, void> }
  : unknown;

/** A list's parameters, as far as they are its export's. */
type ExportInput<List extends AnyContract> = Omit<Input<List>, "limit" | "cursor" | "totals">;
type ColumnOf<List extends AnyContract> = keyof Row<List> & string;

/** A list's export: every row in one request, or the file as it is. */
type Exports<Report> = Report extends { list: infer List extends AnyContract }
  ? {
      /** Every row, or of each row these columns; an export that breaks off is resumed. */
      export: <Column extends ColumnOf<List> = ColumnOf<List>>(
        input?: ExportInput<List> & { columns?: Column[] },
        options?: RequestOptions,
      ) => AsyncGenerator<Pick<Row<List>, Column>, void, void>;
      /** The file, CSV or NDJSON, from its beginning or where it broke off. */
      exportFile: (
        input?: ExportInput<List> & { format?: ExportFormat; columns?: ColumnOf<List>[]; totals?: "true" | "false" },
        options?: RequestOptions & { resume?: Resume },
      ) => Promise<ExportFile>;
      /** How large the file will be. */
      estimate: (
        input?: ExportInput<List> & { format?: ExportFormat; columns?: ColumnOf<List>[] },
        options?: RequestOptions,
      ) => Promise<Estimate>;
    }
  : unknown;

/** The client: every promise of the contracts as a function, typed by the contracts alone. */
export type Client = {
  [Report in keyof Contracts]: {
    [Name in keyof Contracts[Report]]: Contracts[Report][Name] extends AnyContract
      ? Call<Contracts[Report][Name]>
      : never;
  } & Pagination<Contracts[Report]> &
    Exports<Contracts[Report]>;
} & { me: { get: Call<typeof me.get> }; ingest: Ingest };

/** The write side: up to 1,000 records in one request, or any number in batches. */
type Ingest = {
  push: (records: RecordInput[], options?: RequestOptions) => Promise<Receipt>;
  pushAll: (
    records: Iterable<RecordInput> | AsyncIterable<RecordInput>,
    options?: PushAllOptions,
  ) => AsyncGenerator<PushedBatch, void, void>;
  /** NDJSON as bytes, as files and streams give it: each line goes as it is, which is faster than reading it first. */
  pushLines: (chunks: AsyncIterable<Uint8Array>, options?: PushLinesOptions) => AsyncGenerator<PushedLines, void, void>;
};

type Page = { data: unknown[]; next_cursor: string | null; applied: { from: string; to: string } };

/** Makes a client for TypeScript apps. Every function throws a `MojaError` when its request is refused. */
export function createClient({
  url,
  key,
  organization_id,
  fetch = (...request) => globalThis.fetch(...request),
  timeout_ms = defaultRetryOptions.timeout_ms,
  retries_max = defaultRetryOptions.retries_max,
  retry_pause_ms = defaultRetryOptions.retry_pause_ms,
}: ClientOptions): Client {
  if (!URL.canParse(url))
    throw new TypeError(`The API's address must be a URL like https://api.moja.example, not ${JSON.stringify(url)}`);
  const retry = { timeout_ms, retries_max, retry_pause_ms };
  const headers = {
    [apiKeyHeader]: key,
    ...(organization_id !== undefined && { [organizationHeader]: organization_id }),
  };
  const trpc = createTRPCUntypedClient({
    links: [httpLink({ url: `${url.replace(/\/+$/, "")}/trpc`, headers, fetch: fetchWithRetry(fetch, retry) })],
  });

  const call =
    (path: string, kind: "query" | "mutation" = "query") =>
    async (input: unknown = {}, options: RequestOptions = {}) => {
      try {
        return await trpc[kind](path, input, options);
      } catch (error) {
        if (options.signal?.aborted) throw options.signal.reason;
        throw toMojaError(error, url);
      }
    };

  const rest: RestOptions = { url, key, organization_id, fetch, retry };
  const exportFunctions = (report: string) => ({
    export: (input: ExportParameters & { columns?: string[] } = {}, { signal }: RequestOptions = {}) =>
      exportRows(rest, report, input, signal),
    exportFile: (input: ExportParameters = {}, options: RequestOptions & { resume?: Resume } = {}) =>
      exportFile(rest, report, input, options),
    estimate: (input: ExportParameters = {}, { signal }: RequestOptions = {}) =>
      estimateOf(rest, report, input, signal),
  });

  const reports = Object.entries(contracts).map(([report, reportContracts]) => {
    const functions: Record<string, unknown> = Object.fromEntries(
      Object.keys(reportContracts).map((name) => [name, call(`${report}.${name}`)]),
    );
    return [
      report,
      "list" in reportContracts
        ? { ...functions, ...exportFunctions(report), all: paginate(call(`${report}.list`)) }
        : functions,
    ];
  });
  const push: Ingest["push"] = async (records, options) =>
    (await call("ingest.push", "mutation")({ records }, options)) as Receipt;
  const ingest: Ingest = {
    push,
    pushAll: (records, options) => pushAll(push, records, options),
    pushLines: (chunks, options) => pushLines(rest, chunks, options),
  };
  return { ...Object.fromEntries(reports), me: { get: call("me.get") }, ingest } as Client;
}

/** Every row of a list: the window is fixed by the first page, so that rows arriving meanwhile do not shift it. */
function paginate(list: (input: unknown, options?: RequestOptions) => Promise<unknown>) {
  return async function* all(input: object = {}, options: RequestOptions = {}) {
    let cursor: string | null = null;
    do {
      const page = (await list({ ...input, ...(cursor !== null && { cursor }) }, options)) as Page;
      for (const row of page.data) {
        options.signal?.throwIfAborted();
        yield row;
      }
      cursor = page.next_cursor;
    } while (cursor !== null);
  };
}
