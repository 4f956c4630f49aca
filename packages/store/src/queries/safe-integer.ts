import { inexactSumError } from "@moja/contracts";

/** Thrown for a sum of integers beyond 2^53, which a number cannot represent exactly. */
class InexactSumError extends RangeError {
  readonly code = "INEXACT_SUM";
}

/** Returns a sum. Throws where it is not exact. */
export function assertSafeInteger(sum: number): number {
  if (!Number.isSafeInteger(sum)) throw new InexactSumError("A sum is beyond 2^53");
  return sum;
}

/**
 * Whether an error reports an inexact sum: from here, from the write worker (by its code), or from SQLite beyond 64
 * bits.
 */
export function isInexactSum(error: unknown): boolean {
  return (
    error instanceof Error &&
    (("code" in error && error.code === "INEXACT_SUM") || error.message.endsWith("integer overflow"))
  );
}

/** Turns the error of an inexact sum into a response that names the parameter at fault; rethrows all others. */
export function rejectInexactSum(path: string) {
  return (error: unknown): never => {
    throw isInexactSum(error) ? inexactSumError(path, "A sum") : error;
  };
}
