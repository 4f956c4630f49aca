import { dimensionsFrom, reasonDimensions, statusClassDimension } from "../define/dimensions.ts";
import { measureBuilders } from "../define/measures.ts";
import { summary } from "../define/summary.ts";
import { exampleSummaries } from "../examples/summaries.ts";
import { callLogs as calls } from "./call-logs.ts";
import { inboundRtb as inbound } from "./inbound-rtb.ts";
import { incomingWebhooks as incoming } from "./incoming-webhooks.ts";
import { outboundRtb as outbound } from "./outbound-rtb.ts";
import { outgoingWebhooks as outgoing } from "./outgoing-webhooks.ts";

const call = calls.list.row.shape;
const callMeasures = measureBuilders(call);
const callLogs = summary({
  id: "CallSummary",
  path: "/v1/summaries/call-logs",
  title: "Summarize calls",
  description:
    "How many calls, how long they were and what they came to. Sums of money are of what is known: `…_unknown` says how many calls they lack.",
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

const inboundRow = inbound.list.row.shape;
const inboundMeasures = measureBuilders(inboundRow);
const allocated = { outcome: ["allocated"] };
const inboundRtb = summary({
  id: "InboundRtbSummary",
  path: "/v1/summaries/inbound-rtb",
  title: "Summarize inbound RTB requests",
  description:
    "The funnel of what publishers asked for: requested, allocated, connected, converted. The last two are as the call log knows the request's call.",
  list: inbound.list,
  dimensions: {
    ...dimensionsFrom(
      inboundRow,
      "outcome",
      "campaign_id",
      "publisher_id",
      "inbound_rtb_id",
      "caller_state",
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

const outboundRow = outbound.list.row.shape;
const outboundMeasures = measureBuilders(outboundRow);
const pinged = { outcome: ["won", "lost", "rejected", "no_bid", "timeout", "error"] };
const bid = { ...pinged, bid_amount: "known" } as const;
const won = { outcome: ["won"] };
const outbid = { reason: [401] };
const outboundRtb = summary({
  id: "OutboundRtbSummary",
  path: "/v1/summaries/outbound-rtb",
  title: "Summarize outbound RTB requests",
  description:
    "The funnel of what buyers were asked: requested, pinged, answered, bid, accepted, won, connected, converted, and what was lost on the way. Connected and converted are as the call log knows the request's call.",
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

const incomingRow = incoming.list.row.shape;
const incomingMeasures = measureBuilders(incomingRow);
const incomingWebhooks = summary({
  id: "IncomingWebhookSummary",
  path: "/v1/summaries/incoming-webhooks",
  title: "Summarize incoming webhook requests",
  description:
    "What became of what systems told Moja, and how long our replies took. Group by `url_host`, `webhook_type` and `error_code` to see failures that belong together, with when each was first and last seen.",
  list: incoming.list,
  dimensions: {
    ...dimensionsFrom(
      incomingRow,
      "outcome",
      "webhook_type",
      "webhook_id",
      "error_code",
      "method",
      "matched_by",
      "url_host",
      "campaign_id",
      "publisher_id",
      "buyer_id",
      "http_status",
    ),
    ...statusClassDimension,
  },
  measures: {
    requests: incomingMeasures.count("Requests", "How many requests."),
    applied: incomingMeasures.count("Applied", "How many took effect.", { outcome: ["applied"] }),
    queued: incomingMeasures.count("Queued", "How many wait for their call to complete.", { outcome: ["queued"] }),
    duplicates: incomingMeasures.count("Duplicates", "How many had come before.", { outcome: ["duplicate"] }),
    unmatched: incomingMeasures.count("Unmatched", "For how many no call was found.", { outcome: ["unmatched"] }),
    invalid: incomingMeasures.count("Invalid", "How many could not be understood.", { outcome: ["invalid"] }),
    unauthorized: incomingMeasures.count("Unauthorized", "How many had no valid key.", { outcome: ["unauthorized"] }),
    errors: incomingMeasures.count("Errors", "How many failed on our side.", { outcome: ["error"] }),
    success_rate: incomingMeasures.rate("Success rate", "Applied, queued and duplicate requests among all requests.", [
      { outcome: ["applied", "queued", "duplicate"] },
      {},
    ]),
    ...incomingMeasures.latency("processing_time_ms"),
    ...incomingMeasures.seen("received_at"),
  },
  example: exampleSummaries.incomingWebhooks,
});

const outgoingRow = outgoing.list.row.shape;
const outgoingMeasures = measureBuilders(outgoingRow);
const delivered = { status: ["delivered"] };
const outgoingWebhooks = summary({
  id: "OutgoingWebhookSummary",
  path: "/v1/summaries/outgoing-webhooks",
  title: "Summarize outgoing webhook requests",
  description:
    "What was delivered, in how many attempts, and how fast. Group by `url_host`, `event_type` and `error_code` to see failures that belong together, with when each was first and last seen.",
  list: outgoing.list,
  dimensions: {
    ...dimensionsFrom(
      outgoingRow,
      "status",
      "event_type",
      "webhook_id",
      "error_code",
      "method",
      "url_host",
      "campaign_id",
      "publisher_id",
      "buyer_id",
      "http_status",
    ),
    ...statusClassDimension,
  },
  measures: {
    requests: outgoingMeasures.count("Requests", "How many requests: one for each event and webhook."),
    delivered: outgoingMeasures.count("Delivered", "How many were delivered.", delivered),
    failed: outgoingMeasures.count("Failed", "How many were given up.", { status: ["failed"] }),
    retrying: outgoingMeasures.count("Retrying", "How many will be tried again.", { status: ["retrying"] }),
    pending: outgoingMeasures.count("Pending", "How many were not tried yet.", { status: ["pending"] }),
    success_rate: outgoingMeasures.rate(
      "Success rate",
      "Delivered requests among those that were delivered or given up.",
      [delivered, { status: ["delivered", "failed"] }],
    ),
    attempts: outgoingMeasures.sum("attempt_count"),
    attempts_per_delivery: outgoingMeasures.average("attempt_count", delivered, "of the requests that were delivered"),
    ...outgoingMeasures.latency("response_time_ms"),
    ...outgoingMeasures.seen("created_at"),
  },
  example: exampleSummaries.outgoingWebhooks,
});

/** The summary of each list. */
export const summaries = { callLogs, inboundRtb, outboundRtb, incomingWebhooks, outgoingWebhooks };
