import { dimensionsFrom, reasonDimensions, statusClassDimension } from "../../define/dimensions.ts";
import { measureBuilders } from "../../define/measures.ts";
import { summary } from "../../define/summary.ts";
import { exampleSummaries } from "../../examples/summaries.ts";
import { outboundRtb as outbound } from "../outbound-rtb.ts";

const outboundRow = outbound.list.row.shape;
const outboundMeasures = measureBuilders(outboundRow);
const pinged = { outcome: ["won", "lost", "rejected", "no_bid", "timeout", "error"] };
const bid = { ...pinged, bid_amount: "known" } as const;
const won = { outcome: ["won"] };
const outbid = { reason: [401] };
/** The funnel of what buyers were asked. */
export const outboundRtb = summary({
  id: "OutboundRtbSummary",
  path: "/v1/summaries/outbound-rtb",
  title: "Summarize outbound RTB requests",
  description:
    "The funnel of what buyers were asked: requested, pinged, answered, bid, accepted, won, connected, " +
    "converted, and what was lost on the way. Connected and converted are as the call log knows the request's " +
    "call.",
  list: outbound.list,
  dimensions: {
    ...dimensionsFrom(
      outboundRow,
      "outcome",
      "rtb_id",
      "rtb_group_id",
      "buyer_id",
      "target_id",
      "campaign_id",
      "publisher_id",
      "caller_state",
      "caller_ref",
      "http_status",
    ),
    ...reasonDimensions,
    ...statusClassDimension,
  },
  measures: {
    requests: outboundMeasures.count("Requests", "How many requests, those included that were decided not to be sent."),
    pinged: outboundMeasures.count("Pinged", "How many were sent to the buyer.", pinged),
    answered: outboundMeasures.count("Answered", "How many the buyer answered.", {
      ...pinged,
      response_time_ms: "known",
    }),
    bids: outboundMeasures.count("Bids", "How many were answered with a bid.", bid),
    accepted: outboundMeasures.count("Accepted", "How many bids were good: they won, or lost to another.", {
      outcome: ["won", "lost"],
      bid_amount: "known",
    }),
    won: outboundMeasures.count("Won", "How many won their auction.", won),
    connected: outboundMeasures.count("Connected", "How many winners led to a call that was answered.", {
      ...won,
      call: "connected",
    }),
    converted: outboundMeasures.count("Converted", "How many winners led to a call that converted.", {
      ...won,
      call: "converted",
    }),
    timeouts: outboundMeasures.count("Timeouts", "How many the buyer did not answer in time.", {
      outcome: ["timeout"],
    }),
    bid_rate: outboundMeasures.rate("Bid rate", "Bids among the pinged.", [bid, pinged]),
    win_rate: outboundMeasures.rate("Win rate", "Winners among the bids.", [{ ...won, bid_amount: "known" }, bid]),
    timeout_rate: outboundMeasures.rate("Timeout rate", "Timeouts among the pinged.", [
      { outcome: ["timeout"] },
      pinged,
    ]),
    conversion_rate: outboundMeasures.rate("Conversion rate", "Converted calls among the winners.", [
      { ...won, call: "converted" },
      won,
    ]),
    ...outboundMeasures.range("bid_amount"),
    outbid: outboundMeasures.count("Outbid", "How many good bids lost to a higher one (reason 401).", outbid),
    outbid_amount: outboundMeasures.sum("bid_amount", {
      where: outbid,
      title: "Lost to outbids (USD)",
      of: "of the bids that lost to a higher one (reason 401)",
    }),
    ...outboundMeasures.latency("response_time_ms"),
  },
  example: exampleSummaries.outboundRtb,
});
