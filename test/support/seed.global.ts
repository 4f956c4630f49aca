import { randomInt } from "node:crypto";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    seed: number;
  }
}

/**
 * Picks the seed that all random tests of a run share: a new one each time, or `TEST_SEED`. Printed first and last,
 * so that any log names it.
 */
export default function setup(project: TestProject): () => void {
  const given = process.env["TEST_SEED"];
  if (given !== undefined && !/^-?\d{1,10}$/.test(given))
    throw new Error(`TEST_SEED must be a whole number, not ${JSON.stringify(given)}`);
  const seed = given === undefined ? randomInt(2 ** 31) : Number(given);
  project.provide("seed", seed);
  const print = () => void process.stderr.write(`Random tests: TEST_SEED=${seed}\n`);
  print();
  return print;
}
