import type { records, RecordKind } from "@moja/contracts";

/** The tables that hold organizations' records, and those that are derived from calls. */
export type Table = (typeof records)[RecordKind]["table"] | "call_tags" | "call_hours" | "call_four_hours";
