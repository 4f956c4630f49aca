import { setTimeout } from "node:timers/promises";
import type { RequestCounts } from "@moja/store";
import type { Store } from "express-rate-limit";
import { windowMs } from "./counters.ts";

/** How long a request waits for its count, in ms: after that it is answered without one. */
const countTimeoutMs = 500;

/** Keeps the counts of `express-rate-limit` elsewhere. */
export class CountStore implements Store {
  readonly localKeys = false;
  readonly prefix: string;
  readonly #counts: RequestCounts;

  constructor(prefix: string, counts: RequestCounts) {
    this.prefix = prefix;
    this.#counts = counts;
  }

  /** Counts a request. Rejects where that takes too long. */
  async increment(key: string): Promise<{ totalHits: number; resetTime: Date }> {
    const { count, leftMs } = await Promise.race([this.#counts.add(key, 1), timeOut()]);
    // A window is never longer than it is, though a clock was set back since it began.
    const left = Math.min(Math.max(leftMs, 0), windowMs);
    return { totalHits: Math.max(count, 1), resetTime: new Date(Date.now() + left) };
  }

  /** Takes a count back. The answer is sent by then: it fails without a word. */
  async decrement(key: string): Promise<void> {
    await this.#counts.add(key, -1).catch(() => {});
  }

  /** Takes back all counts of a key, which nobody asks for. */
  async resetKey(): Promise<void> {}
}

async function timeOut(): Promise<never> {
  await setTimeout(countTimeoutMs, undefined, { ref: false });
  throw new Error(`A request was not counted within ${countTimeoutMs} ms`);
}
