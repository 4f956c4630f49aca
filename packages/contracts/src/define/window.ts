import { ApiError } from "../errors.ts";
import { windowDaysDefault } from "./list.ts";

const dayMs = 24 * 60 * 60 * 1000;

/** The time window of a list, in milliseconds since 1970. */
export type Window = {
  /** Inclusive. */
  from: number;
  /** Exclusive. */
  to: number;
};

/**
 * Returns the window of a request: its own, else its cursor's (`position`), else the last 30 days. Rejects a window
 * other than the cursor's, whose page would not continue the one before.
 */
export function windowOf(input: { from?: string | undefined; to?: string | undefined }, position?: Window): Window {
  const to = input.to === undefined ? (position?.to ?? Date.now()) : Date.parse(input.to);
  const from = input.from === undefined ? (position?.from ?? to - windowDaysDefault * dayMs) : Date.parse(input.from);
  if (position && (position.from !== from || position.to !== to))
    throw new ApiError("invalid_cursor", undefined, [
      { path: "cursor", message: "belongs to another window: repeat `from` and `to`, or leave both out" },
    ]);
  if (from >= to)
    throw new ApiError("invalid_request", undefined, [
      { path: "from", message: `must be before \`to\`, which is ${new Date(to).toISOString()}` },
    ]);
  return { from, to };
}
