import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

/** A random generator with a fixed seed: the same draws on every machine. */
export class Random {
  readonly #generator;

  constructor(seed: number) {
    this.#generator = xoroshiro128plus(seed);
  }

  /** A whole number, both ends included. */
  int(from: number, to: number): number {
    return uniformInt(this.#generator, from, to);
  }

  /** True with a probability in percent. */
  chance(percent: number): boolean {
    return this.int(1, 100) <= percent;
  }

  /** An element of a list, all equally likely. */
  pick<const List extends readonly unknown[]>(from: List): List[number] {
    return from[this.int(0, from.length - 1)];
  }

  /** A key of the weights, as likely as its weight. */
  weighted<One extends string>(weights: Record<One, number>): One {
    let total = 0;
    for (const one in weights) total += weights[one];
    let left = this.int(1, total);
    for (const one in weights) {
      left -= weights[one];
      if (left <= 0) return one;
    }
    throw new Error("No weights");
  }
}
