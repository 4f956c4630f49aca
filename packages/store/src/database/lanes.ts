import { ApiError } from "@moja/contracts";
import PQueue from "p-queue";

/** Who reads. */
export type Reader = {
  organization_id: string;
  /** Ends the reading, when its caller has gone or its time is over. */
  signal: AbortSignal | undefined;
};

/** How much work is done at once, and how much of it waits. */
export type LaneLimits = {
  running: number;
  runningPerOrganization: number;
  /** Places for what waits. An organization takes at most a quarter of them. */
  waiting: number;
  /** How long work waits, in ms; 0 = without an end. */
  waitMs: number;
};

/**
 * Shares work between organizations: each has a queue of its own, whose first take turns. However much one of them
 * asks, another waits for as many tasks of it as may run at once.
 */
export class Lanes {
  readonly #limits: LaneLimits;
  readonly #turns: PQueue;
  readonly #queues = new Map<string, PQueue>();

  constructor(limits: LaneLimits) {
    this.#limits = limits;
    this.#turns = new PQueue({ concurrency: limits.running });
  }

  /** Does work in its organization's turn. Throws `overloaded` where too much waits, or where it waited too long. */
  async run<Result>({ organization_id, signal: ended }: Reader, work: () => Promise<Result>): Promise<Result> {
    const queue = this.#queueOf(organization_id);
    this.#rejectSurplus(queue);
    const impatient = new AbortController();
    const { waitMs } = this.#limits;
    const timer = waitMs === 0 ? undefined : setTimeout(() => impatient.abort(overloadedError()), waitMs);
    const signal = ended ? AbortSignal.any([ended, impatient.signal]) : impatient.signal;
    const begin = () => {
      clearTimeout(timer);
      return work();
    };
    try {
      return await queue.add(() => this.#turns.add(begin, { signal }), { signal });
    } finally {
      clearTimeout(timer);
    }
  }

  #queueOf(organization_id: string): PQueue {
    const existing = this.#queues.get(organization_id);
    if (existing) return existing;
    const queue = new PQueue({ concurrency: this.#limits.runningPerOrganization });
    queue.addEventListener("idle", () => this.#queues.delete(organization_id));
    this.#queues.set(organization_id, queue);
    return queue;
  }

  #rejectSurplus(queue: PQueue): void {
    const { waiting, runningPerOrganization } = this.#limits;
    const mustWait = queue.pending >= runningPerOrganization;
    const all = [this.#turns, ...this.#queues.values()].reduce((sum, { size }) => sum + size, 0);
    if ((mustWait && queue.size >= Math.ceil(waiting / 4)) || all >= waiting) throw overloadedError();
  }
}

function overloadedError(): ApiError {
  return new ApiError("overloaded");
}
