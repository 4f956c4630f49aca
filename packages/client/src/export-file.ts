import { exportHeaders, type Export, type ExportFormat } from "@moja/contracts";
import { unreachableError } from "./errors.ts";
import { requestJson, requestRest, toThrown, trusted, type RestOptions } from "./rest.ts";

/** Where to resume a file that broke off. */
export type Resume = {
  /** The `cursor` of the file that broke off. */
  cursor: string;
  /** The time and the id of its last whole row, with a comma between. */
  after: string;
};

/** An export as a file. */
export type ExportFile = {
  /** Resumes the file when it breaks off, see `Resume`. */
  cursor: string;
  /** The control totals; null unless `totals: "true"` asked for them. */
  totals: Record<string, number> | null;
  /** The bytes of the file. They throw when the file breaks off, so a file that was read to its end is complete. */
  bytes: AsyncGenerator<Uint8Array, void, void>;
};

/** The size of an export. */
export type Estimate = {
  rows: number;
  /** The size before compression, estimated from the first rows. */
  bytes_estimated: number;
};

/** The query parameters of an export. */
export type ExportParameters = Record<string, unknown> & { format?: ExportFormat };

/** The export of one report, and the API that serves it. */
export type ExportSource = { rest: RestOptions; contract: Export };

/** What an export may be given besides its parameters. */
export type ExportOptions = { signal?: AbortSignal | undefined; resume?: Resume | undefined };

/** Requests the size of an export. */
export async function estimateOf(
  { rest, contract }: ExportSource,
  parameters: ExportParameters,
  { signal }: ExportOptions = {},
): Promise<Estimate> {
  return requestJson<Estimate>(rest, exportPath(contract, { ...parameters, estimate: "true" }), { signal });
}

/** Requests the file of an export, from its beginning or from where it broke off. */
export async function exportFile(
  { rest, contract }: ExportSource,
  parameters: ExportParameters,
  { signal, resume }: ExportOptions = {},
): Promise<ExportFile> {
  const path = exportPath(contract, { ...parameters, ...resume });
  const response = await requestRest(rest, path, { signal, untilHeaders: true });
  const cursor = response.headers.get(exportHeaders.cursor);
  if (cursor === null || response.body === null) {
    await response.body?.cancel();
    throw unreachableError(rest.url, new Error(`what answered is no export: it has no ${exportHeaders.cursor}`));
  }
  const totals = response.headers.get(exportHeaders.totals);
  return {
    cursor,
    totals: totals === null ? null : trusted<Record<string, number>>(JSON.parse(totals)),
    bytes: cancellableBytes(response.body.getReader(), rest, signal),
  };
}

function exportPath({ path }: Export, parameters: Record<string, unknown>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value === undefined) continue;
    for (const each of [value].flat()) query.append(name, String(each));
  }
  return `${path}?${query}`;
}

type ByteReader = ReadableStreamDefaultReader<Uint8Array>;

/** Lets `return` and `throw` cancel the reader: a generator that has not begun runs no `finally` of its own. */
function cancellableBytes(reader: ByteReader, rest: RestOptions, signal: AbortSignal | undefined): ExportFile["bytes"] {
  const bytes = readBytes(reader, rest, signal);
  const [leave, fail] = [bytes.return.bind(bytes), bytes.throw.bind(bytes)];
  const cancel = () => reader.cancel().catch(() => {});
  bytes.return = async () => {
    await cancel();
    return leave();
  };
  bytes.throw = async (thrown) => {
    await cancel();
    return fail(thrown);
  };
  return bytes;
}

/** Reads to the end. Fails when nothing arrives for as long as the timeout. */
async function* readBytes(
  reader: ByteReader,
  { url, retry: { timeout_ms } }: RestOptions,
  signal: AbortSignal | undefined,
): ExportFile["bytes"] {
  try {
    for (;;) {
      const { value, done } = await withIdleTimeout(reader.read(), timeout_ms);
      if (done) return;
      yield value;
    }
  } catch (error) {
    throw toThrown(error, url, signal);
  } finally {
    await reader.cancel().catch(() => {});
  }
}

function withIdleTimeout<Value>(chunk: Promise<Value>, ms: number): Promise<Value> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`nothing came for ${ms} ms`)), ms);
    chunk.finally(() => clearTimeout(timer)).then(resolve, reject);
  });
}
