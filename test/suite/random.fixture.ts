import fc from "fast-check";
import { expect, test } from "vitest";

test("says which numbers it drew", () => {
  const [sampled] = fc.sample(fc.integer(), 1);
  fc.assert(
    fc.property(fc.integer(), (number) => expect(`drawn ${sampled}, then ${number}.`).toBe("")),
    { numRuns: 1, endOnFailure: true },
  );
});
