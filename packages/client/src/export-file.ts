import { exportHeaders, reportExports, type ExportFormat } from "@moja/contracts";
import { unreachable } from "./errors.ts";
import { askJson, askRest, thrownBy, type Rest } from "./rest.ts";

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
export type ExportAsked = Record<string, unknown> & { format?: ExportFormat };

/** Asks for the size of a report's export. */
export async function estimateOf(
  rest: Rest,
  report: string,
  asked: ExportAsked,
  signal?: AbortSignal,
): Promise<Estimate> {
  return askJson<Estimate>(rest, addressOf(report, { ...asked, estimate: "true" }), { signal });
}

/** Asks for a report's export, from its beginning or where it broke off. */
export async function exportFile(
  rest: Rest,
  report: string,
  asked: ExportAsked,
  { signal, resume }: { signal?: AbortSignal | undefined; resume?: Resume | undefined } = {},
): Promise<ExportFile> {
  const response = await askRest(rest, addressOf(report, { ...asked, ...resume }), { signal }, { untilHeaders: true });
  const cursor = response.headers.get(exportHeaders.cursor);
  if (cursor === null) {
    await response.body?.cancel();
    throw unreachable(rest.url, new Error(`what answered is no export: it has no ${exportHeaders.cursor}`));
  }
  const totals = response.headers.get(exportHeaders.totals);
  return {
    cursor,
    totals: totals === null ? null : (JSON.parse(totals) as Record<string, number>),
    bytes: bytesOf(response, rest, signal),
  };
}

function addressOf(report: string, asked: Record<string, unknown>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(asked)) {
    if (value !== undefined)
      for (const each of Array.isArray(value) ? value : [value]) query.append(name, String(each));
  }
  return `${String(reportExports[report]?.path)}?${query}`;
}

/** The bytes of an answer. Ending them cancels it here, because a generator that has not begun runs none of its own code. */
function bytesOf({ body }: Response, rest: Rest, signal: AbortSignal | undefined): ExportFile["bytes"] {
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
  { url, patience: { timeout_ms } }: Rest,
  signal: AbortSignal | undefined,
): ExportFile["bytes"] {
  try {
    for (;;) {
      const { value, done } = await notSilent(reader.read(), timeout_ms);
      if (done) return;
      yield value;
    }
  } catch (error) {
    throw thrownBy(error, url, signal);
  } finally {
    await reader.cancel().catch(() => {});
  }
}

function notSilent<Value>(coming: Promise<Value>, ms: number): Promise<Value> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`nothing came for ${ms} ms`)), ms);
    coming.finally(() => clearTimeout(timer)).then(resolve, reject);
  });
}
