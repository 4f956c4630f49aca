import type { AnyContract, Contracts, ExportFormat, me, RecordInput } from "@moja/contracts";
import type { Estimate, ExportFile, Resume } from "./export-file.ts";
import type { RetryOptions } from "./fetch-with-retry.ts";
import type { PushAllOptions, PushedBatch, Receipt } from "./push-all.ts";
import type { PushedLines, PushLinesOptions } from "./push-lines.ts";

/** Options of `createClient`. */
export type ClientOptions = {
  /** The address of the API, like `https://api.moja.example`. */
  url: string;
  /** The API key. */
  key: string;
  /** The organization that a service key acts for; other keys have their own. */
  organization_id?: string;
  /** Sends the requests, for example through a proxy. Default: the platform's own `fetch`. */
  fetch?: typeof fetch;
} & Partial<RetryOptions>;

/** What a request may be given besides its input. */
export type RequestOptions = {
  /** Aborts the request, which then rejects with the signal's reason. */
  signal?: AbortSignal;
};

// By the internals of zod's types: `z.input` and `z.output` would make clients depend on zod.
type Input<C extends AnyContract> = C["input"]["_zod"]["input"];
type Output<C extends AnyContract> = C["output"]["_zod"]["output"];
type Row<C extends AnyContract> = Output<C> extends { data: (infer One)[] } ? One : never;

/** The function of one operation. Its input may be left out where no parameter is required. */
type Operation<C extends AnyContract> =
  Record<never, never> extends Input<C>
    ? (input?: Input<C>, options?: RequestOptions) => Promise<Output<C>>
    : (input: Input<C>, options?: RequestOptions) => Promise<Output<C>>;

/** The list of a report, page by page. */
type Pagination<Report> = Report extends { list: infer List extends AnyContract }
  ? {
      /** Yields every row of the list, page by page. Rows that arrive meanwhile do not shift the pages. */
      all: (input?: Omit<Input<List>, "cursor">, options?: RequestOptions) => AsyncGenerator<Row<List>, void, void>;
    }
  : unknown;

/** The parameters of a list that its export shares. */
type ExportInput<List extends AnyContract> = Omit<Input<List>, "limit" | "cursor" | "totals">;
type ColumnOf<List extends AnyContract> = keyof Row<List> & string;

/** The export of a report's list. */
type Exports<Report> = Report extends { list: infer List extends AnyContract }
  ? {
      /** Yields every row in one request, with all columns or the given ones. Resumes an export that breaks off. */
      export: <Column extends ColumnOf<List> = ColumnOf<List>>(
        input?: ExportInput<List> & { columns?: Column[] },
        options?: RequestOptions,
      ) => AsyncGenerator<Pick<Row<List>, Column>, void, void>;
      /** Requests the export as a CSV or NDJSON file, from its beginning or from where it broke off. */
      exportFile: (
        input?: ExportInput<List> & { format?: ExportFormat; columns?: ColumnOf<List>[]; totals?: "true" | "false" },
        options?: RequestOptions & { resume?: Resume },
      ) => Promise<ExportFile>;
      /** Requests the size of the file. */
      estimate: (
        input?: ExportInput<List> & { format?: ExportFormat; columns?: ColumnOf<List>[] },
        options?: RequestOptions,
      ) => Promise<Estimate>;
    }
  : unknown;

/** Writes records, with a service key. */
export type Ingest = {
  /**
   * Pushes up to 1,000 records in one request. Throws a TypeError, and sends nothing, where JSON would say something else
   * than a record does: NaN, Infinity, a BigInt, an invalid date, a hole of an array.
   */
  push: (records: RecordInput[], options?: RequestOptions) => Promise<Receipt>;
  /** Pushes any number of records in concurrent batches. Yields the batches in order, each when it is durable. */
  pushAll: (
    records: Iterable<RecordInput> | AsyncIterable<RecordInput>,
    options?: PushAllOptions,
  ) => AsyncGenerator<PushedBatch, void, void>;
  /** Pushes NDJSON from the bytes of a file or stream without parsing it, which is faster than `pushAll`. */
  pushLines: (chunks: AsyncIterable<Uint8Array>, options?: PushLinesOptions) => AsyncGenerator<PushedLines, void, void>;
};

/** The client: a function for every operation of the contracts, typed by its contract. */
export type Client = {
  [Report in keyof Contracts]: {
    [Name in keyof Contracts[Report]]: Contracts[Report][Name] extends AnyContract
      ? Operation<Contracts[Report][Name]>
      : never;
  } & Pagination<Contracts[Report]> &
    Exports<Contracts[Report]>;
} & {
  me: {
    /** Shows the key in use, its organization and its limits. */
    get: Operation<typeof me.get>;
  };
  ingest: Ingest;
};
