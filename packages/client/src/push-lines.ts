import { ingest } from "@moja/contracts";
import { MojaError } from "./errors.ts";
import { isBlank, splitInHalf, splitIntoParts, type Part } from "./line-parts.ts";
import { mergeReceipts, requestsAtOnce, sideBySide, tooLargeReceipt, type Receipt } from "./push-all.ts";
import { requestJson, type RestOptions } from "./rest.ts";

/** How lines are pushed. */
export type PushLinesOptions = {
  signal?: AbortSignal;
  /** Skips the lines up to this one, which an earlier run has pushed. Default: 0. */
  after_line?: number;
  /** The number of concurrent requests. Default: 8. */
  requests_at_once?: number;
};

/** A line of the source. */
type Line = {
  /** Its number, from 1. */
  line: number;
  text: string;
};

/** Lines that were pushed. */
export type PushedLines = {
  /** The number of the last one. */
  last_line: number;
  /** A refused record is identified by its line. */
  receipt: Omit<Receipt, "refused"> & { refused: (Line & Omit<Receipt["refused"][number], "index">)[] };
};

const emptyReceipt: Receipt = { accepted: 0, unchanged: 0, superseded: 0, refused: [] };

/**
 * Pushes NDJSON in concurrent requests without parsing it. Its chunks are UTF-8 cut anywhere, and stay in memory until
 * their receipt. Yields the receipts in the lines' order, each when it is durable. When the source fails, the lines
 * before are pushed first.
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

/** Halves lines that exceed the limit of a request. A single line that exceeds it is refused like an invalid one. */
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
    const { receipt: before } = await pushPart(rest, first, signal);
    const { receipt: after } = await pushPart(rest, second, signal);
    return { last_line, receipt: mergeReceipts(before, after) };
  }
}

/** Replaces the index of each refused record by its line. The API's index leaves out blank lines. */
function withLines({ refused, ...counts }: Receipt, { bytes, first_line }: Part): PushedLines["receipt"] {
  const texts = refused.length > 0 ? new TextDecoder().decode(bytes).split(/\r?\n/) : [];
  const lines = texts
    .map((text, index): Line => ({ line: first_line + index, text }))
    .filter(({ text }) => !/^[\t-\r ]*$/.test(text));
  const lineOf = (index: number): Line => lines[index] ?? { line: first_line + index, text: "" };
  return { ...counts, refused: refused.map(({ index, ...why }) => ({ ...lineOf(index), ...why })) };
}
