import {
  apiKeyHeader,
  contracts,
  organizationHeader,
  type AnyPromise,
  type Contracts,
  type ExportFormat,
  type me,
  type RecordWritten,
} from "@moja/contracts";
import { createTRPCUntypedClient, httpLink } from "@trpc/client";
import { errorOf } from "./errors.ts";
import {
  estimateOf,
  exportFile,
  type Estimate,
  type ExportAsked,
  type ExportFile,
  type Resume,
} from "./export-file.ts";
import { exportRows } from "./export-rows.ts";
import { patientFetch, usualPatience, type Patience } from "./fetch-with-retry.ts";
import { pushAll, type PushAllOptions, type Pushed, type Receipt } from "./push-all.ts";
import { pushLines, type PushedLines, type PushLinesOptions } from "./push-lines.ts";
import type { Rest } from "./rest.ts";

/** Where the API is and who asks. A service key names the organization that it reads. `fetch` sends the requests in the place of the platform's own. */
export type ClientOptions = {
  url: string;
  key: string;
  organization_id?: string;
  fetch?: typeof fetch;
} & Partial<Patience>;

/** What a single request may be given besides its input. */
type RequestOptions = { signal?: AbortSignal };

type Input<P extends AnyPromise> = P["input"]["_zod"]["input"];
type Output<P extends AnyPromise> = P["output"]["_zod"]["output"];
type Ask<P extends AnyPromise> =
  Record<never, never> extends Input<P>
    ? (input?: Input<P>, options?: RequestOptions) => Promise<Output<P>>
    : (input: Input<P>, options?: RequestOptions) => Promise<Output<P>>;
type Row<P extends AnyPromise> = Output<P> extends { data: (infer One)[] } ? One : never;

/** `all` walks every row of a list, page by page. */
type All<Report> = Report extends { list: infer List extends AnyPromise }
  ? { all: (input?: Omit<Input<List>, "cursor">, options?: RequestOptions) => AsyncGenerator<Row<List>, void, void> }
  : unknown;

/** A list's parameters, as far as they are its export's. */
type Exported<List extends AnyPromise> = Omit<Input<List>, "limit" | "cursor" | "totals">;
type ColumnOf<List extends AnyPromise> = keyof Row<List> & string;

/** A list's export: every row in one request, or the file as it is. */
type Exports<Report> = Report extends { list: infer List extends AnyPromise }
  ? {
      /** Every row, or of each row these columns; an export that breaks off is resumed. */
      export: <Column extends ColumnOf<List> = ColumnOf<List>>(
        input?: Exported<List> & { columns?: Column[] },
        options?: RequestOptions,
      ) => AsyncGenerator<Pick<Row<List>, Column>, void, void>;
      /** The file, CSV or NDJSON, from its beginning or where it broke off. */
      exportFile: (
        input?: Exported<List> & { format?: ExportFormat; columns?: ColumnOf<List>[]; totals?: "true" | "false" },
        options?: RequestOptions & { resume?: Resume },
      ) => Promise<ExportFile>;
      /** How large the file will be. */
      estimate: (
        input?: Exported<List> & { format?: ExportFormat; columns?: ColumnOf<List>[] },
        options?: RequestOptions,
      ) => Promise<Estimate>;
    }
  : unknown;

/** The client: every promise of the contracts as a function, typed by the contracts alone. */
export type Client = {
  [Report in keyof Contracts]: {
    [Name in keyof Contracts[Report]]: Contracts[Report][Name] extends AnyPromise
      ? Ask<Contracts[Report][Name]>
      : never;
  } & All<Contracts[Report]> &
    Exports<Contracts[Report]>;
} & { me: { get: Ask<typeof me.get> }; ingest: Ingest };

/** The write side: up to 1,000 records in one request, or any number in batches. */
type Ingest = {
  push: (records: RecordWritten[], options?: RequestOptions) => Promise<Receipt>;
  pushAll: (
    records: Iterable<RecordWritten> | AsyncIterable<RecordWritten>,
    options?: PushAllOptions,
  ) => AsyncGenerator<Pushed, void, void>;
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
  timeout_ms = usualPatience.timeout_ms,
  retries_max = usualPatience.retries_max,
  retry_pause_ms = usualPatience.retry_pause_ms,
}: ClientOptions): Client {
  if (!URL.canParse(url))
    throw new TypeError(`The API's address must be a URL like https://api.moja.example, not ${JSON.stringify(url)}`);
  const patience = { timeout_ms, retries_max, retry_pause_ms };
  const headers = {
    [apiKeyHeader]: key,
    ...(organization_id !== undefined && { [organizationHeader]: organization_id }),
  };
  const trpc = createTRPCUntypedClient({
    links: [httpLink({ url: `${url.replace(/\/+$/, "")}/trpc`, headers, fetch: patientFetch(fetch, patience) })],
  });

  const ask =
    (path: string, how: "query" | "mutation" = "query") =>
    async (input: unknown = {}, options: RequestOptions = {}) => {
      try {
        return await trpc[how](path, input, options);
      } catch (error) {
        if (options.signal?.aborted) throw options.signal.reason;
        throw errorOf(error, url);
      }
    };

  const rest: Rest = { url, key, organization_id, fetch, patience };
  const exportsOf = (report: string) => ({
    export: (input: ExportAsked & { columns?: string[] } = {}, { signal }: RequestOptions = {}) =>
      exportRows(rest, report, input, signal),
    exportFile: (input: ExportAsked = {}, options: RequestOptions & { resume?: Resume } = {}) =>
      exportFile(rest, report, input, options),
    estimate: (input: ExportAsked = {}, { signal }: RequestOptions = {}) => estimateOf(rest, report, input, signal),
  });

  const reports = Object.entries(contracts).map(([report, promises]) => {
    const functions: Record<string, unknown> = Object.fromEntries(
      Object.keys(promises).map((name) => [name, ask(`${report}.${name}`)]),
    );
    return [
      report,
      "list" in promises ? { ...functions, ...exportsOf(report), all: walk(ask(`${report}.list`)) } : functions,
    ];
  });
  const push: Ingest["push"] = async (records, options) =>
    (await ask("ingest.push", "mutation")({ records }, options)) as Receipt;
  const writing: Ingest = {
    push,
    pushAll: (records, options) => pushAll(push, records, options),
    pushLines: (chunks, options) => pushLines(rest, chunks, options),
  };
  return { ...Object.fromEntries(reports), me: { get: ask("me.get") }, ingest: writing } as Client;
}

/** Every row of a list: the window is fixed by the first page, so that rows arriving meanwhile do not shift it. */
function walk(list: (input: unknown, options?: RequestOptions) => Promise<unknown>) {
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
