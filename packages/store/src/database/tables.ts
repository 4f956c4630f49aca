import type { RecordKind } from "@moja/contracts";

/** The tables that hold organizations' records. */
export type Table = (typeof tables)[keyof typeof tables]["table"] | "call_tags" | "call_hours" | "call_four_hours";

/** The table of each kind of record, and what identifies a row besides its organization. */
export const tables = {
  call: { table: "calls", key: ["call_log_id"] },
  call_event: { table: "call_events", key: ["call_log_id", "event_id"] },
  rtb_request: { table: "rtb_requests", key: ["request_id"] },
  rtb_event: { table: "rtb_events", key: ["request_id", "event_id"] },
  webhook_request: { table: "webhook_requests", key: ["request_id"] },
  webhook_attempt: { table: "webhook_attempts", key: ["request_id", "attempt"] },
} as const satisfies Record<RecordKind, { table: string; key: readonly string[] }>;
