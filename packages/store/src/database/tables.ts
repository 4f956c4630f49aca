import type { records, RecordKind } from "@moja/contracts";

/** The tables that hold organizations' records, those that are rolled up from calls, and those computed when read. */
export type Table =
  | (typeof records)[RecordKind]["table"]
  | "call_tags"
  | "call_hours"
  | "call_four_hours"
  | "outbound_rtb_requests";
