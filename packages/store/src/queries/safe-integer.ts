import { inexactSumError } from "@moja/contracts";

/** A sum of integers beyond 2^53, where a number is no longer exact. */
class InexactSumError extends RangeError {
  readonly code = "INEXACT_SUM";
}

/** A sum as it is; throws where it is not exact. */
export function assertSafeInteger(sum: number): number {
  if (!Number.isSafeInteger(sum)) throw new InexactSumError("A sum is beyond 2^53");
  return sum;
}

/** Whether an error says that a sum would not be exact: here, in the thread that writes, or beyond 64 bits in SQLite. */
export function isInexactSum(error: unknown): boolean {
  return (
    error instanceof Error &&
    (("code" in error && error.code === "INEXACT_SUM") || error.message.endsWith("integer overflow"))
  );
}

/** Refuses what would not be exact, by the parameter at fault. */
export function rejectInexactSum(path: string) {
  return (error: unknown): never => {
    throw isInexactSum(error) ? inexactSumError(path, "A sum") : error;
  };
}
