import { relative } from "node:path";
import fc from "fast-check";
import { expect, inject } from "vitest";

/** The settings besides the seed that change what a random test runs. */
const settings = ["TEST_TIMES", "KILLS"];

// Every property and sample takes the run's seed, and its failure says how to run it again.
fc.configureGlobal({
  seed: inject("seed"),
  reporter: (details) => {
    const message = fc.defaultReportMessage(details);
    if (message !== undefined) throw new Error(`${message}\n\nRun it again: ${replay()}`, { cause: causeOf(details) });
  },
});

/** The command that runs the failed test's file with the same seed. */
function replay(): string {
  const given = settings.flatMap((name) => (process.env[name] === undefined ? [] : [`${name}=${process.env[name]}`]));
  const file = relative(process.cwd(), expect.getState().testPath ?? "");
  return [`TEST_SEED=${inject("seed")}`, ...given, "npm test --", file].join(" ");
}

function causeOf({ failed, ...details }: fc.RunDetails<unknown>): unknown {
  return failed && "errorInstance" in details ? details.errorInstance : undefined;
}

/** The same values in each run: examples to put beside a random test, not instead of one. */
export function fixedSample<T>(arbitrary: fc.Arbitrary<T>, count: number): T[] {
  return fc.sample(arbitrary, { numRuns: count, seed: 1 });
}
