import { ingest, ingestMax } from "@moja/contracts";
import { pMapIterable } from "p-map";
import { MojaError } from "./errors.ts";
import { requestsAtOnce, tooLarge, type Receipt } from "./push-all.ts";
import { askRest, type Rest } from "./rest.ts";

/** After which line to begin, and how many requests are on their way at once. */
export type PushLinesOptions = { signal?: AbortSignal; after_line?: number; requests_at_once?: number };

/** A line: its number, from 1, and what it says. */
type Line = { line: number; text: string };

/** Lines that were pushed: the last one's number, and what became of their records; one that was refused is told with its line. */
export type PushedLines = { last_line: number; receipt: Omit<Receipt, "refused"> & { refused: (Line & Omit<Receipt["refused"][number], "index">)[] } };

/** The lines of one request, as they came. */
type Part = { bytes: Uint8Array<ArrayBuffer>; first_line: number; last_line: number };

/** How much is read before it is cut into requests. */
const blockBytes = 1024 * 1024;
const newline = 0x0a;
const nothing: Receipt = { accepted: 0, unchanged: 0, superseded: 0, refused: [] };

/** Pushes NDJSON, which comes in any chunks of UTF-8, without reading it: several requests at once. Yields in the lines' order what became of them, when it is durable. */
export async function* pushLines(rest: Rest, chunks: AsyncIterable<Uint8Array>, { signal, after_line = 0, requests_at_once = requestsAtOnce }: PushLinesOptions = {}): AsyncGenerator<PushedLines, void, void> {
  yield* pMapIterable(partsOf(chunks, after_line), (part) => pushPart(rest, part, signal), { concurrency: requests_at_once, backpressure: requests_at_once });
}

async function pushPart(rest: Rest, part: Part, signal: AbortSignal | undefined): Promise<PushedLines> {
  const { refused, ...counts } = isBlank(part.bytes) ? nothing : await receiptOf(rest, part, signal);
  const lines = refused.length > 0 ? linesOf(part) : [];
  return { last_line: part.last_line, receipt: { ...counts, refused: refused.map(({ index, ...why }) => ({ ...(lines[index] as Line), ...why })) } };
}

async function receiptOf(rest: Rest, { bytes, first_line, last_line }: Part, signal: AbortSignal | undefined): Promise<Receipt> {
  const { path, method } = ingest.push;
  try {
    const response = await askRest(rest, path, { method, body: bytes, content_type: "application/x-ndjson", signal });
    return (await response.json()) as Receipt;
  } catch (error) {
    // Lines that are too large together are not put together.
    if (error instanceof MojaError && error.code === "payload_too_large" && first_line === last_line) return tooLarge(error);
    throw error;
  }
}

/** The lines that are records: all that are not blank. */
function linesOf({ bytes, first_line }: Part): Line[] {
  const texts = new TextDecoder().decode(bytes).split(/\r?\n/);
  return texts.map((text, index) => ({ line: first_line + index, text })).filter(({ text }) => text.trim() !== "");
}

/** What goes into each request, of the lines after the first so many. */
async function* partsOf(chunks: AsyncIterable<Uint8Array>, after_line: number): AsyncGenerator<Part, void, void> {
  let last_line = 0;
  for await (const block of blocksOf(chunks)) last_line = yield* cut(block, last_line, after_line);
}

/** Cuts whole lines into parts, each as large as a request may be; a line that is larger stands alone. Returns the last line's number. */
function* cut(block: Uint8Array<ArrayBuffer>, lines_before: number, after_line: number): Generator<Part, number, void> {
  let line = lines_before;
  let part = { from: 0, first_line: line + 1 };
  const bytesTo = (to: number) => ({ bytes: block.subarray(part.from, to), first_line: part.first_line });
  for (let at = 0, end = 0; at < block.length; at = end) {
    end = block.indexOf(newline, at) + 1 || block.length;
    const lines = ++line - part.first_line;
    if (lines === ingestMax.records || (lines > 0 && end - part.from > ingestMax.bytes)) {
      yield { ...bytesTo(at), last_line: line - 1 };
      part = { from: at, first_line: line };
    }
    if (line <= after_line) part = { from: end, first_line: line + 1 };
  }
  if (part.from < block.length) yield { ...bytesTo(block.length), last_line: line };
  return line;
}

/** Whole lines, so many bytes or some more at once. */
async function* blocksOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
  let held: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    const end = size + chunk.length < blockBytes ? 0 : chunk.lastIndexOf(newline) + 1;
    if (end > 0) {
      yield together([...held, chunk.subarray(0, end)]);
      held = [];
      size = 0;
    }
    held.push(chunk.subarray(end));
    size += chunk.length - end;
  }
  yield together(held);
}

function together(pieces: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

function isBlank(bytes: Uint8Array): boolean {
  return !bytes.some((byte) => byte > 0x20);
}
