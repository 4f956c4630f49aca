import { ingestMax, type ingest, type RecordInput } from "@moja/contracts";
import { pMapIterable } from "p-map";
import { MojaError } from "./errors.ts";

/** The API's response to pushed records: how many it accepted, and which it refused. */
export type Receipt = (typeof ingest)["push"]["output"]["_zod"]["output"];

type Counts = Omit<Receipt, "refused">;
type Push = (records: RecordInput[], options?: { signal?: AbortSignal }) => Promise<Receipt>;

/** How records are batched. */
export type PushAllOptions = {
  signal?: AbortSignal;
  /** The number of records of one request. Default and maximum: 1,000. */
  records_per_request?: number;
  /** The number of concurrent requests. Default: 8. */
  requests_at_once?: number;
};

/** A batch of records that was pushed. */
export type PushedBatch = {
  records: RecordInput[];
  /** The `index` of a refused record counts within this batch, from 0. */
  receipt: Receipt;
};

/** The default number of concurrent requests. */
export const requestsAtOnce = 8;

/** Pushes any number of records in concurrent batches. Yields the batches in order, each when it is durable. */
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
 * Pushes parts concurrently and yields the results in the parts' order. An abort ends it even while the source is
 * silent. When it ends, for whatever reason, requests in flight are aborted.
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

/** Yields the parts until the signal aborts, without waiting for a source that is silent. */
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

function orAbort<Value>(pending: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    pending.finally(() => signal.removeEventListener("abort", abort)).then(resolve, reject);
  });
}

/** The receipt of a single record that exceeds the limit of a request. */
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

/**
 * Halves records that exceed the limit of a request. A single record that exceeds it is refused like an invalid one.
 */
async function pushSplitting(push: Push, records: RecordInput[], options: { signal: AbortSignal }): Promise<Receipt> {
  try {
    return await push(records, options);
  } catch (error) {
    if (!(error instanceof MojaError) || error.code !== "payload_too_large") throw error;
    if (records.length === 1) return tooLargeReceipt(error);
    const half = Math.ceil(records.length / 2);
    const first = await pushSplitting(push, records.slice(0, half), options);
    const second = await pushSplitting(push, records.slice(half), options);
    const refused = second.refused.map((each) => ({ ...each, index: each.index + half }));
    return mergeReceipts(first, { ...second, refused });
  }
}

/** Adds up two receipts. */
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
