/** How many times as many runs are asked for: `npm run test:long`. */
const times = Number(process.env["TEST_TIMES"] ?? 1);

/** The runs of a property: few, or many times as many. */
export function runs(few: number): { numRuns: number } {
  return { numRuns: few * times };
}

/** The time for so many runs, in milliseconds, before they count as hanging. */
export function within(few: number): number {
  return 30_000 + few * times * 1000;
}
