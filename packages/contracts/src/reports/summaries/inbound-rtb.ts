import { dimensionsFrom, reasonDimensions, statusClassDimension } from "../../define/dimensions.ts";
import { measureBuilders } from "../../define/measures.ts";
import { summary } from "../../define/summary.ts";
import { exampleSummaries } from "../../examples/summaries.ts";
import { inboundRtb as inbound } from "../inbound-rtb.ts";

const inboundRow = inbound.list.row.shape;
const inboundMeasures = measureBuilders(inboundRow);
const allocated = { outcome: ["allocated"] };
/** The funnel of what publishers asked for. */
export const inboundRtb = summary({
  id: "InboundRtbSummary",
  path: "/v1/summaries/inbound-rtb",
  title: "Summarize inbound RTB requests",
  description:
    "The funnel of what publishers asked for: requested, allocated, connected, converted. The last two are as " +
    "the call log knows the request's call.",
  list: inbound.list,
  dimensions: {
    ...dimensionsFrom(
      inboundRow,
      "outcome",
      "campaign_id",
      "publisher_id",
      "inbound_rtb_id",
      "caller_state",
      "caller_ref",
      "method",
      "http_status",
    ),
    ...reasonDimensions,
    ...statusClassDimension,
  },
  measures: {
    requests: inboundMeasures.count("Requests", "How many requests."),
    allocated: inboundMeasures.count("Allocated", "How many were offered a route.", allocated),
    no_routes: inboundMeasures.count("No routes", "For how many no route was eligible.", { outcome: ["no_routes"] }),
    rejected: inboundMeasures.count("Rejected", "How many were rejected.", { outcome: ["rejected"] }),
    errors: inboundMeasures.count("Errors", "How many failed.", { outcome: ["error"] }),
    connected: inboundMeasures.count("Connected", "How many allocated requests led to a call that was answered.", {
      ...allocated,
      call: "connected",
    }),
    converted: inboundMeasures.count("Converted", "How many allocated requests led to a call that converted.", {
      ...allocated,
      call: "converted",
    }),
    allocation_rate: inboundMeasures.rate("Allocation rate", "Allocated requests among all requests.", [allocated, {}]),
    conversion_rate: inboundMeasures.rate("Conversion rate", "Converted requests among the allocated.", [
      { ...allocated, call: "converted" },
      allocated,
    ]),
    ...inboundMeasures.range("best_payout"),
  },
  example: exampleSummaries.inboundRtb,
});
