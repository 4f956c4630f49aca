import type { Work, WriteOutcome } from "@moja/store";

/** What a process that serves asks of the first one: to write to SQLite. */
export type WriteRequest = { moja: "write"; id: number; work: Work };

/** What the first process tells those that serve: how a write ended, or that they stop. */
export type FromPrimary =
  | { moja: "written"; id: number; outcomes: WriteOutcome[]; error?: { message: string; code?: unknown } }
  | { moja: "stop" };

/** Whether a message is of this server; others are of libraries that use the same channel. */
export const isRequest = (message: unknown): message is WriteRequest => isOurs(message);

/** The same, of a message from the first process. */
export const isFromPrimary = (message: unknown): message is FromPrimary => isOurs(message);

function isOurs(message: unknown): boolean {
  return typeof message === "object" && message !== null && "moja" in message;
}
