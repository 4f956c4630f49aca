import { ApiError } from "../errors.ts";
import { instantRange } from "../instants.ts";
import { windowDaysDefault } from "./list.ts";

const dayMs = 24 * 60 * 60 * 1000;

/** The time window of a list, in milliseconds since 1970. */
export type Window = {
  /** Inclusive. */
  from: number;
  /** Exclusive. */
  to: number;
};

/** What a request says of its window. */
type WindowInput = {
  from?: string | undefined;
  to?: string | undefined;
  /** Whether the window begins with 1970 where `from` is left out, instead of 30 days before its end. */
  overAllTime?: boolean;
};

/**
 * Returns the window of a request: its own, else its cursor's (`position`), else the last 30 days or all time. Rejects a
 * window other than the cursor's, whose page would not continue the one before.
 */
export function windowOf(input: WindowInput, position?: Window): Window {
  const to = input.to === undefined ? (position?.to ?? Date.now()) : Date.parse(input.to);
  const start = input.overAllTime ? instantRange.from : to - windowDaysDefault * dayMs;
  const from = input.from === undefined ? (position?.from ?? start) : Date.parse(input.from);
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
