import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

/** Chance with a fixed seed: the same draws on every machine. */
export class Random {
  readonly #generator;

  constructor(seed: number) {
    this.#generator = xoroshiro128plus(seed);
  }

  /** A whole number, both ends included. */
  int(from: number, to: number): number {
    return uniformInt(this.#generator, from, to);
  }

  /** True with a chance of so many percent. */
  chance(percent: number): boolean {
    return this.int(1, 100) <= percent;
  }

  /** One of these. */
  pick<const List extends readonly unknown[]>(from: List): List[number] {
    return from[this.int(0, from.length - 1)];
  }

  /** One of these by their weights. */
  weighted<One extends string>(weights: Record<One, number>): One {
    const entries = Object.entries(weights) as [One, number][];
    let left = this.int(
      1,
      entries.reduce((sum, [, weight]) => sum + weight, 0),
    );
    for (const [one, weight] of entries) {
      left -= weight;
      if (left <= 0) return one;
    }
    throw new Error("No weights");
  }
}
