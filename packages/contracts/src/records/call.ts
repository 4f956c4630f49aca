import type { z } from "zod";
import { exampleCallRecord } from "../examples/call.ts";
import { callFields, profitField } from "./call-fields.ts";
import { defineRecord, type Rule } from "./define-record.ts";

type Call = z.output<z.ZodObject<typeof callFields>>;

/** Whether a dial type that attribution depends on is written as the rules compare it. */
function isWrittenAsKnown({ dial_type }: Call): boolean {
  const lower = dial_type?.toLowerCase();
  return dial_type === lower || !["rtb", "rtb_group", "target"].includes(lower ?? "");
}

/**
 * The rules of a call (release note; zero is never written as null, null never as zero). A record that breaks one is
 * refused, not repaired.
 */
const callRules: Rule<Call>[] = [
  [
    "rtb_id",
    (call) => (call.rtb_id ?? call.rtb_name) === null || call.dial_type === "rtb" || call.dial_type === "rtb_group",
    "rtb_id and rtb_name belong to the dial types rtb and rtb_group alone",
  ],
  [
    "target_id",
    (call) => (call.target_id ?? call.target_name) === null || call.dial_type === "target",
    "target_id and target_name belong to the dial type target alone",
  ],
  ["dial_type", isWrittenAsKnown, "must be in lower case for the dial types rtb, rtb_group and target"],
  ["rtb_id", (call) => call.dial_type !== "rtb" || call.rtb_id !== null, "is needed for the dial type rtb"],
  ["target_id", (call) => call.dial_type !== "target" || call.target_id !== null, "is needed for the dial type target"],
  ["cost", (call) => !call.moja_magic || call.cost === 0, "must be 0 for a Moja Magic call"],
  ["cost_per_min", (call) => !call.moja_magic || call.cost_per_min === 0, "must be 0 for a Moja Magic call"],
  [
    "connected_seconds",
    // Both are rounded by themselves: 113.6 s of 114.4 s may be written as 115 s of 114 s by who rounds up.
    (call) => (call.connected_seconds ?? 0) <= (call.duration_seconds ?? Infinity) + 1,
    "must not be more than duration_seconds, but for one second of rounding",
  ],
  ["call_converted_at", (call) => call.call_converted_at === null || call.converted, "needs converted: true"],
];

/** A call: producers write the whole call, each time it changes. */
export const call = defineRecord({
  kind: "call",
  id: "CallRecord",
  title: "Call, written",
  description: "The whole call, each time it changes.",
  key: ["call_log_id"],
  at: "started_at",
  fields: {
    ...callFields,
    tags: callFields.tags.default({}),
    moja_magic: callFields.moja_magic.default(false),
    converted: callFields.converted.default(false),
    duplicate: callFields.duplicate.default(false),
  },
  rules: callRules,
  computed: { profit: { field: profitField, compute: profitOf } },
  examples: [exampleCallRecord],
});

/** Revenue less payout less cost, in USD; null while any of the three is not known. Computed in whole micro-dollars. */
function profitOf(call: Pick<Call, "revenue_paid_out" | "publisher_paid_out" | "cost">): number | null {
  const { revenue_paid_out: revenue, publisher_paid_out: payout, cost } = call;
  if (revenue === null || payout === null || cost === null) return null;
  return (Math.round(revenue * 1e6) - Math.round(payout * 1e6) - Math.round(cost * 1e6)) / 1e6;
}
