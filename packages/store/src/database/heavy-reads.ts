import type { Knex } from "knex";
import { clientOf, type Database } from "./dialect.ts";
import { Lanes, type Reader } from "./lanes.ts";
import { readLimitsOf } from "./read-limits.ts";

const lanesByClient = new WeakMap<Knex.Client, Lanes>();

/**
 * Reads what may take long, in its organization's turn. `read` gets the signal that ends it: when its caller has gone,
 * or when its time is over, which begins with its turn.
 */
export async function inHeavyLane<Result>(
  database: Database,
  reader: Reader,
  read: (signal: AbortSignal | undefined) => Promise<Result>,
): Promise<Result> {
  const limits = readLimitsOf(database);
  if (!limits) return read(reader.signal);
  const client = clientOf(database);
  const lanes =
    lanesByClient.get(client) ??
    new Lanes({
      running: limits.heavyReads,
      runningPerOrganization: limits.heavyReadsPerOrganization,
      waiting: limits.heavyQueue,
      waitMs: limits.queryTimeoutMs,
    });
  lanesByClient.set(client, lanes);
  return lanes.run(reader, () => read(withDeadline(limits.queryTimeoutMs, reader.signal)));
}

/** A signal that aborts with another one, or after a time in ms; 0 = never. */
export function withDeadline(ms: number, signal: AbortSignal | undefined): AbortSignal | undefined {
  if (ms === 0) return signal;
  const deadline = AbortSignal.timeout(ms);
  return signal ? AbortSignal.any([signal, deadline]) : deadline;
}
