import { ingest, ingestMax } from "@moja/contracts";
import { MojaError } from "./errors.ts";
import { mergeReceipts, requestsAtOnce, sideBySide, tooLargeReceipt, type Receipt } from "./push-all.ts";
import { requestJson, type RestOptions } from "./rest.ts";

/** After which line to begin, and how many requests are on their way at once. */
export type PushLinesOptions = { signal?: AbortSignal; after_line?: number; requests_at_once?: number };

/** A line: its number, from 1, and what it says. */
type Line = { line: number; text: string };

/** Lines that were pushed: the last one's number, and what became of their records; one that was refused is told with its line. */
export type PushedLines = {
  last_line: number;
  receipt: Omit<Receipt, "refused"> & { refused: (Line & Omit<Receipt["refused"][number], "index">)[] };
};

/** The lines of one request, as they came. */
type Part = { bytes: Uint8Array; first_line: number; last_line: number };

/** From here on a request takes no further line, so that hardly any is too large. */
const targetBytes = ingestMax.bytes / 2;
const newline = 0x0a;
const emptyReceipt: Receipt = { accepted: 0, unchanged: 0, superseded: 0, refused: [] };

/**
 * Pushes NDJSON, which comes in any chunks of UTF-8 (they are kept until their receipt), without reading it: several requests at once.
 * Yields in the lines' order what became of them, when it is durable. When the chunks break off, the lines before are pushed first.
 */
export async function* pushLines(
  rest: RestOptions,
  chunks: AsyncIterable<Uint8Array>,
  { signal, after_line = 0, requests_at_once = requestsAtOnce }: PushLinesOptions = {},
): AsyncGenerator<PushedLines, void, void> {
  yield* sideBySide(splitIntoParts(chunks, after_line), (part, signal) => pushPart(rest, part, signal), {
    signal,
    requests_at_once,
  });
}

/** Lines that are too large together go in halves; one that is too large by itself is refused like any other. */
async function pushPart(rest: RestOptions, part: Part, signal: AbortSignal): Promise<PushedLines> {
  const { bytes, first_line, last_line } = part;
  const { path, method } = ingest.push;
  try {
    const receipt = isBlank(bytes)
      ? emptyReceipt
      : await requestJson<Receipt>(rest, path, { method, body: bytes, content_type: "application/x-ndjson", signal });
    return { last_line, receipt: withLines(receipt, part) };
  } catch (error) {
    if (!(error instanceof MojaError) || error.code !== "payload_too_large") throw error;
    if (first_line === last_line) return { last_line, receipt: withLines(tooLargeReceipt(error), part) };
    const [first, second] = splitInHalf(part);
    return {
      last_line,
      receipt: mergeReceipts(
        (await pushPart(rest, first, signal)).receipt,
        (await pushPart(rest, second, signal)).receipt,
      ),
    };
  }
}

/** A receipt whose refusals name their lines. */
function withLines({ refused, ...counts }: Receipt, { bytes, first_line }: Part): PushedLines["receipt"] {
  const texts = refused.length > 0 ? new TextDecoder().decode(bytes).split(/\r?\n/) : [];
  const lines = texts
    .map((text, index): Line => ({ line: first_line + index, text }))
    .filter(({ text }) => !/^[\t-\r ]*$/.test(text));
  return { ...counts, refused: refused.map(({ index, ...why }) => ({ ...(lines[index] as Line), ...why })) };
}

function splitInHalf({ bytes, first_line, last_line }: Part): [Part, Part] {
  const middle = first_line + Math.floor((last_line - first_line) / 2);
  let end = 0;
  for (let line = first_line; line <= middle; line++) end = bytes.indexOf(newline, end) + 1;
  return [
    { bytes: bytes.subarray(0, end), first_line, last_line: middle },
    { bytes: bytes.subarray(end), first_line: middle + 1, last_line },
  ];
}

/** What goes into each request, of the lines after the first so many. The error of a source that breaks off is thrown after its last whole line. */
async function* splitIntoParts(
  chunks: AsyncIterable<Uint8Array>,
  after_line: number,
): AsyncGenerator<Part, void, void> {
  let pendingChunks: Uint8Array[] = [];
  let size = 0;
  let line = 0;
  let first_line = 1;
  let failure: { error: unknown } | undefined;
  try {
    for await (const chunk of chunks) {
      let from = 0;
      for (let end = chunk.indexOf(newline) + 1; end > 0; end = chunk.indexOf(newline, end) + 1) {
        const isAfter = ++line > after_line;
        if (isAfter && line - first_line + 1 < ingestMax.records && size + end - from < targetBytes) continue;
        if (isAfter)
          yield { bytes: concatBytes([...pendingChunks, chunk.subarray(from, end)]), first_line, last_line: line };
        pendingChunks = [];
        size = 0;
        from = end;
        first_line = line + 1;
      }
      pendingChunks.push(chunk.subarray(from));
      size += chunk.length - from;
    }
  } catch (error) {
    failure = { error };
  }
  const rest = concatBytes(pendingChunks);
  const bytes = failure ? rest.subarray(0, rest.lastIndexOf(newline) + 1) : rest;
  const last_line = bytes.at(-1) === newline ? line : line + 1;
  if (bytes.length > 0 && last_line > after_line) yield { bytes, first_line, last_line };
  if (failure) throw failure.error;
}

/** The pieces as one; one by itself is not copied. */
function concatBytes(pieces: Uint8Array[]): Uint8Array {
  const [first, ...others] = pieces.filter(({ length }) => length > 0);
  if (first && others.length === 0) return first;
  const all = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

/** Whether there is no record: nothing but ASCII's white space, and perhaps the mark that some programs begin a file with. */
function isBlank(bytes: Uint8Array): boolean {
  const isMarked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  return bytes.subarray(isMarked ? 3 : 0).every((byte) => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d));
}
