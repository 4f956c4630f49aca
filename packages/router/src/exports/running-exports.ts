import { ApiError } from "@moja/contracts";

/** Counts the exports of each key that are under way, and refuses those beyond the limit. */
export class RunningExports {
  readonly #max: number;
  readonly #counts = new Map<string, number>();

  /** `max` is the limit of each key; 0 = none. */
  constructor(max: number) {
    this.#max = max;
  }

  /** Runs an export of a key. Throws `overloaded` where as many as may be are under way. */
  async count(key_id: string, run: () => Promise<void>): Promise<void> {
    const count = this.#counts.get(key_id) ?? 0;
    if (this.#max > 0 && count >= this.#max) throw new ApiError("overloaded", detailOf(this.#max));
    this.#counts.set(key_id, count + 1);
    try {
      await run();
    } finally {
      const left = (this.#counts.get(key_id) ?? 1) - 1;
      if (left === 0) this.#counts.delete(key_id);
      else this.#counts.set(key_id, left);
    }
  }
}

function detailOf(max: number): string {
  const [are, end] =
    max === 1 ? ["1 export of this key is", "it ends"] : [`${max} exports of this key are`, "one ends"];
  return `${are} under way, and there may be no more. Send this one again when ${end}.`;
}
