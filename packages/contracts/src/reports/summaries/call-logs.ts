import { dimensionsFrom } from "../../define/dimensions.ts";
import { measureBuilders } from "../../define/measures.ts";
import { summary } from "../../define/summary.ts";
import { exampleSummaries } from "../../examples/summaries.ts";
import { callLogs as calls } from "../call-logs.ts";

const call = calls.list.row.shape;
const callMeasures = measureBuilders(call);
/** How many calls, how long they were and what they came to. */
export const callLogs = summary({
  id: "CallSummary",
  path: "/v1/summaries/call-logs",
  title: "Summarize calls",
  description:
    "How many calls, how long they were and what they came to. Sums of money are of what is known: `…_unknown` " +
    "says how many calls they lack.",
  list: calls.list,
  dimensions: dimensionsFrom(
    call,
    "status",
    "campaign_id",
    "publisher_id",
    "buyer_id",
    "target_id",
    "rtb_id",
    "dial_type",
    "dialed_number",
    "caller_state",
    "caller_ref",
    "no_payout_reason",
    "hangup_source",
    "hangup_cause",
    "moja_magic",
    "converted",
    "duplicate",
  ),
  measures: {
    calls: callMeasures.count("Calls", "How many calls."),
    connected: callMeasures.count("Connected", "How many were answered.", { connected_at: "known" }),
    converted: callMeasures.count("Converted", "How many converted.", { converted: [1] }),
    duplicates: callMeasures.count("Duplicates", "How many were duplicates.", { duplicate: [1] }),
    magic_calls: callMeasures.count(
      "Moja Magic calls",
      "How many cost nothing because their destination is on the Moja network.",
      { moja_magic: [1] },
    ),
    conversion_rate: callMeasures.rate("Conversion rate", "Converted calls among all calls.", [{ converted: [1] }, {}]),
    ...callMeasures.sumAndAverage("duration_seconds"),
    ...callMeasures.sumAndAverage("connected_seconds"),
    ...callMeasures.sumAndAverage("billable_seconds"),
    revenue_paid_out: callMeasures.sum("revenue_paid_out"),
    publisher_paid_out: callMeasures.sum("publisher_paid_out"),
    cost: callMeasures.sum("cost"),
    profit: callMeasures.sum("profit"),
    revenue_unknown: callMeasures.count("Revenue unknown", "How many calls have no known revenue yet.", {
      revenue_paid_out: "unknown",
    }),
    payout_unknown: callMeasures.count("Payout unknown", "How many calls have no known publisher payout yet.", {
      publisher_paid_out: "unknown",
    }),
    cost_unknown: callMeasures.count("Cost unknown", "How many calls have no known cost yet.", { cost: "unknown" }),
    profit_unknown: callMeasures.count(
      "Profit unknown",
      "How many calls have no known profit yet: any of the three is not known.",
      { profit: "unknown" },
    ),
  },
  example: exampleSummaries.callLogs,
});
