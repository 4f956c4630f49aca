import { exportHeaders, reportExports, type ExportFormat } from "@moja/contracts";
import { unreachableError } from "./errors.ts";
import { requestJson, requestRest, toThrown, type RestOptions } from "./rest.ts";

/** Where a file that broke off goes on: its `cursor`, and its last whole row's time and id as `after`. */
export type Resume = { cursor: string; after: string };

/** A file on its way. */
export type ExportFile = {
  /** Passed on as `cursor` when the file breaks off. */
  cursor: string;
  /** The control totals, when `totals: "true"` asked for them. */
  totals: Record<string, number> | null;
  /** The file's bytes. It throws when the file breaks off, so that what has come to its end is whole. */
  bytes: AsyncGenerator<Uint8Array, void, void>;
};

/** How large an export will be: its rows, and its size in bytes before compression, estimated. */
export type Estimate = { rows: number; bytes_estimated: number };

/** What an export is asked for, as its parameters on REST. */
export type ExportParameters = Record<string, unknown> & { format?: ExportFormat };

/** Asks for the size of a report's export. */
export async function estimateOf(
  rest: RestOptions,
  report: string,
  parameters: ExportParameters,
  signal?: AbortSignal,
): Promise<Estimate> {
  return requestJson<Estimate>(rest, exportPath(report, { ...parameters, estimate: "true" }), { signal });
}

/** Asks for a report's export, from its beginning or where it broke off. */
export async function exportFile(
  rest: RestOptions,
  report: string,
  parameters: ExportParameters,
  { signal, resume }: { signal?: AbortSignal | undefined; resume?: Resume | undefined } = {},
): Promise<ExportFile> {
  const response = await requestRest(
    rest,
    exportPath(report, { ...parameters, ...resume }),
    { signal },
    { untilHeaders: true },
  );
  const cursor = response.headers.get(exportHeaders.cursor);
  if (cursor === null) {
    await response.body?.cancel();
    throw unreachableError(rest.url, new Error(`what answered is no export: it has no ${exportHeaders.cursor}`));
  }
  const totals = response.headers.get(exportHeaders.totals);
  return {
    cursor,
    totals: totals === null ? null : (JSON.parse(totals) as Record<string, number>),
    bytes: cancellableBytes(response, rest, signal),
  };
}

function exportPath(report: string, parameters: Record<string, unknown>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined)
      for (const each of Array.isArray(value) ? value : [value]) query.append(name, String(each));
  }
  return `${String(reportExports[report]?.path)}?${query}`;
}

/** The bytes of an answer. Ending them cancels it here, because a generator that has not begun runs none of its own code. */
function cancellableBytes({ body }: Response, rest: RestOptions, signal: AbortSignal | undefined): ExportFile["bytes"] {
  const reader = (body as ReadableStream<Uint8Array>).getReader();
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

/** Reads to the end; silence for as long as the timeout counts as a break. */
async function* readBytes(
  reader: ReadableStreamDefaultReader<Uint8Array>,
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
