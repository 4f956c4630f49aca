/** How many times as many runs are asked for: `npm run test:long`. */
const factor = Number(process.env["TEST_TIMES"] ?? 1);

/** The runs of a property: few, or many times as many. */
export function propertyRuns(count: number): { numRuns: number } {
  return { numRuns: count * factor };
}

/** The time for so many runs, in milliseconds, before they count as hanging. */
export function timeoutFor(count: number): number {
  return 30_000 + count * factor * 1000;
}
