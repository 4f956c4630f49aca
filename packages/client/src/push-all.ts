import { ingestMax, type ingest, type RecordInput } from "@moja/contracts";
import { pMapIterable } from "p-map";
import { MojaError } from "./errors.ts";

/** What became of a request's records. */
export type Receipt = (typeof ingest)["push"]["output"]["_zod"]["output"];

type Counts = Omit<Receipt, "refused">;
type Push = (records: RecordInput[], options?: { signal?: AbortSignal }) => Promise<Receipt>;

/** How many records go into one request, and how many requests are on their way at once. */
export type PushAllOptions = { signal?: AbortSignal; records_per_request?: number; requests_at_once?: number };

/** A batch that was pushed: its records, and what became of them; `refused` counts their places from the batch's first. */
export type PushedBatch = { records: RecordInput[]; receipt: Receipt };

/** How many requests are on their way at once, when nothing else is said. */
export const requestsAtOnce = 8;

/** Pushes any number of records in batches, several at once, and yields the batches in the records' order, each when it is durable. */
export async function* pushAll(
  push: Push,
  records: Iterable<RecordInput> | AsyncIterable<RecordInput>,
  { signal, records_per_request = ingestMax.records, requests_at_once = requestsAtOnce }: PushAllOptions = {},
): AsyncGenerator<PushedBatch, void, void> {
  const pushed = (batch: RecordInput[], signal: AbortSignal): Promise<PushedBatch> =>
    pushSplitting(push, batch, { signal }).then((receipt) => ({ records: batch, receipt }));
  yield* sideBySide(batches(records, records_per_request), pushed, { signal, requests_at_once });
}

/**
 * Pushes parts, several at once, and yields the results in the parts' order. An abort ends it even while the source is
 * silent; requests still in flight when it ends, for whatever reason, are aborted.
 */
export async function* sideBySide<Part, Result>(
  parts: AsyncGenerator<Part>,
  push: (part: Part, signal: AbortSignal) => Promise<Awaited<Result>>,
  { signal, requests_at_once }: { signal: AbortSignal | undefined; requests_at_once: number },
): AsyncGenerator<Awaited<Result>, void, void> {
  const ended = new AbortController();
  const stop = signal ? AbortSignal.any([signal, ended.signal]) : ended.signal;
  try {
    yield* pMapIterable(untilAborted(parts, stop), (part) => push(part, stop), {
      concurrency: requests_at_once,
      backpressure: requests_at_once,
    });
  } finally {
    ended.abort();
  }
}

/** The parts, until the signal aborts; a source that is silent then cannot hold anything up. */
async function* untilAborted<Part>(parts: AsyncGenerator<Part>, signal: AbortSignal): AsyncGenerator<Part, void, void> {
  try {
    for (;;) {
      const { value, done } = await orAbort(parts.next(), signal);
      if (done) return;
      yield value;
    }
  } finally {
    parts.return(undefined).catch(() => {});
  }
}

function orAbort<Value>(coming: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason as Error);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    coming.finally(() => signal.removeEventListener("abort", abort)).then(resolve, reject);
  });
}

/** The receipt of a record that no request can bring. */
export function tooLargeReceipt({ message }: MojaError): Receipt {
  return {
    accepted: 0,
    unchanged: 0,
    superseded: 0,
    refused: [{ index: 0, code: "invalid_record", issues: [{ path: "", message }] }],
  };
}

async function* batches(
  records: Iterable<RecordInput> | AsyncIterable<RecordInput>,
  size: number,
): AsyncGenerator<RecordInput[], void, void> {
  let batch: RecordInput[] = [];
  for await (const each of records) {
    batch.push(each);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** Records that are too large together go in halves; one that is too large by itself is refused like any other. */
async function pushSplitting(push: Push, records: RecordInput[], options: { signal: AbortSignal }): Promise<Receipt> {
  try {
    return await push(records, options);
  } catch (error) {
    if (!(error instanceof MojaError) || error.code !== "payload_too_large") throw error;
    if (records.length === 1) return tooLargeReceipt(error);
    const half = Math.ceil(records.length / 2);
    const [first, second] = [
      await pushSplitting(push, records.slice(0, half), options),
      await pushSplitting(push, records.slice(half), options),
    ];
    return mergeReceipts(first, {
      ...second,
      refused: second.refused.map((each) => ({ ...each, index: each.index + half })),
    });
  }
}

/** One receipt of two. */
export function mergeReceipts<Refused>(
  first: Counts & { refused: Refused[] },
  second: Counts & { refused: Refused[] },
): Counts & { refused: Refused[] } {
  return {
    accepted: first.accepted + second.accepted,
    unchanged: first.unchanged + second.unchanged,
    superseded: first.superseded + second.superseded,
    refused: [...first.refused, ...second.refused],
  };
}
