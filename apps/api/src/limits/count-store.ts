import type { RequestCounts } from "@moja/store";
import type { Store } from "express-rate-limit";
import { windowMs } from "./counters.ts";

/** How long a request waits for its count, in ms: after that it is answered without one. */
const countTimeoutMs = 2000;
/** How long requests are not counted at all once a count has taken too long, in ms: they need not wait, too. */
const pauseMs = 1000;

/** Keeps the counts of `express-rate-limit` elsewhere. */
export class CountStore implements Store {
  readonly localKeys = false;
  readonly prefix: string;
  readonly #counts: RequestCounts;
  #pausedUntil = -Infinity;

  constructor(prefix: string, counts: RequestCounts) {
    this.prefix = prefix;
    this.#counts = counts;
  }

  /** Counts a request. Rejects where that takes too long, or took too long just now. */
  async increment(key: string): Promise<{ totalHits: number; resetTime: Date }> {
    if (performance.now() < this.#pausedUntil) throw new Error("Counting requests has just taken too long");
    const { count, leftMs } = await this.#inTime(this.#counts.add(key, 1));
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

  async #inTime<Result>(counting: Promise<Result>): Promise<Result> {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      this.#pausedUntil = performance.now() + pauseMs;
      late.reject(new Error(`A request was not counted within ${countTimeoutMs} ms`));
    }, countTimeoutMs);
    try {
      return await Promise.race([counting, late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }
}
