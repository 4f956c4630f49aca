import { byReason, byStatusClass, dimensionsOf } from "../define/dimensions.ts";
import { measuresOf } from "../define/measures.ts";
import { summary } from "../define/summary.ts";
import { exampleSummaries } from "../examples/summaries.ts";
import { callLogs as calls } from "./call-logs.ts";
import { inboundRtb as inbound } from "./inbound-rtb.ts";
import { incomingWebhooks as incoming } from "./incoming-webhooks.ts";
import { outboundRtb as outbound } from "./outbound-rtb.ts";
import { outgoingWebhooks as outgoing } from "./outgoing-webhooks.ts";

const call = calls.list.row.shape;
const ofCalls = measuresOf(call);
const callLogs = summary({
  id: "CallSummary",
  path: "/v1/summaries/call-logs",
  title: "Summarize calls",
  description:
    "How many calls, how long they were and what they came to. Sums of money are of what is known: `…_unknown` says how many calls they lack.",
  list: calls.list,
  dimensions: dimensionsOf(
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
    calls: ofCalls.count("Calls", "How many calls."),
    connected: ofCalls.count("Connected", "How many were answered.", { connected_at: "known" }),
    converted: ofCalls.count("Converted", "How many converted.", { converted: [1] }),
    duplicates: ofCalls.count("Duplicates", "How many were duplicates.", { duplicate: [1] }),
    magic_calls: ofCalls.count(
      "Moja Magic calls",
      "How many cost nothing because their destination is on the Moja network.",
      { moja_magic: [1] },
    ),
    conversion_rate: ofCalls.rate("Conversion rate", "Converted calls among all calls.", [{ converted: [1] }, {}]),
    ...ofCalls.sumAndAverage("duration_seconds"),
    ...ofCalls.sumAndAverage("connected_seconds"),
    ...ofCalls.sumAndAverage("billable_seconds"),
    revenue_paid_out: ofCalls.sum("revenue_paid_out"),
    publisher_paid_out: ofCalls.sum("publisher_paid_out"),
    cost: ofCalls.sum("cost"),
    profit: ofCalls.sum("profit"),
    revenue_unknown: ofCalls.count("Revenue unknown", "How many calls have no known revenue yet.", {
      revenue_paid_out: "unknown",
    }),
    payout_unknown: ofCalls.count("Payout unknown", "How many calls have no known publisher payout yet.", {
      publisher_paid_out: "unknown",
    }),
    cost_unknown: ofCalls.count("Cost unknown", "How many calls have no known cost yet.", { cost: "unknown" }),
    profit_unknown: ofCalls.count(
      "Profit unknown",
      "How many calls have no known profit yet: any of the three is not known.",
      { profit: "unknown" },
    ),
  },
  example: exampleSummaries.callLogs,
});

const inboundRow = inbound.list.row.shape;
const ofInbound = measuresOf(inboundRow);
const allocated = { outcome: ["allocated"] };
const inboundRtb = summary({
  id: "InboundRtbSummary",
  path: "/v1/summaries/inbound-rtb",
  title: "Summarize inbound RTB requests",
  description:
    "The funnel of what publishers asked for: requested, allocated, connected, converted. The last two are as the call log knows the request's call.",
  list: inbound.list,
  dimensions: {
    ...dimensionsOf(
      inboundRow,
      "outcome",
      "campaign_id",
      "publisher_id",
      "inbound_rtb_id",
      "caller_state",
      "method",
      "http_status",
    ),
    ...byReason,
    ...byStatusClass,
  },
  measures: {
    requests: ofInbound.count("Requests", "How many requests."),
    allocated: ofInbound.count("Allocated", "How many were offered a route.", allocated),
    no_routes: ofInbound.count("No routes", "For how many no route was eligible.", { outcome: ["no_routes"] }),
    rejected: ofInbound.count("Rejected", "How many were rejected.", { outcome: ["rejected"] }),
    errors: ofInbound.count("Errors", "How many failed.", { outcome: ["error"] }),
    connected: ofInbound.count("Connected", "How many allocated requests led to a call that was answered.", {
      ...allocated,
      call: "connected",
    }),
    converted: ofInbound.count("Converted", "How many allocated requests led to a call that converted.", {
      ...allocated,
      call: "converted",
    }),
    allocation_rate: ofInbound.rate("Allocation rate", "Allocated requests among all requests.", [allocated, {}]),
    conversion_rate: ofInbound.rate("Conversion rate", "Converted requests among the allocated.", [
      { ...allocated, call: "converted" },
      allocated,
    ]),
    ...ofInbound.range("best_payout"),
  },
  example: exampleSummaries.inboundRtb,
});

const outboundRow = outbound.list.row.shape;
const ofOutbound = measuresOf(outboundRow);
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
    ...dimensionsOf(
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
    ...byReason,
    ...byStatusClass,
  },
  measures: {
    requests: ofOutbound.count("Requests", "How many requests, those included that were decided not to be sent."),
    pinged: ofOutbound.count("Pinged", "How many were sent to the buyer.", pinged),
    answered: ofOutbound.count("Answered", "How many the buyer answered.", { ...pinged, response_time_ms: "known" }),
    bids: ofOutbound.count("Bids", "How many were answered with a bid.", bid),
    accepted: ofOutbound.count("Accepted", "How many bids were good: they won, or lost to another.", {
      outcome: ["won", "lost"],
      bid_amount: "known",
    }),
    won: ofOutbound.count("Won", "How many won their auction.", won),
    connected: ofOutbound.count("Connected", "How many winners led to a call that was answered.", {
      ...won,
      call: "connected",
    }),
    converted: ofOutbound.count("Converted", "How many winners led to a call that converted.", {
      ...won,
      call: "converted",
    }),
    timeouts: ofOutbound.count("Timeouts", "How many the buyer did not answer in time.", { outcome: ["timeout"] }),
    bid_rate: ofOutbound.rate("Bid rate", "Bids among the pinged.", [bid, pinged]),
    win_rate: ofOutbound.rate("Win rate", "Winners among the bids.", [{ ...won, bid_amount: "known" }, bid]),
    timeout_rate: ofOutbound.rate("Timeout rate", "Timeouts among the pinged.", [{ outcome: ["timeout"] }, pinged]),
    conversion_rate: ofOutbound.rate("Conversion rate", "Converted calls among the winners.", [
      { ...won, call: "converted" },
      won,
    ]),
    ...ofOutbound.range("bid_amount"),
    outbid: ofOutbound.count("Outbid", "How many good bids lost to a higher one (reason 401).", outbid),
    outbid_amount: ofOutbound.sum(
      "bid_amount",
      outbid,
      "Lost to outbids (USD)",
      "of the bids that lost to a higher one (reason 401)",
    ),
    ...ofOutbound.latency("response_time_ms"),
  },
  example: exampleSummaries.outboundRtb,
});

const incomingRow = incoming.list.row.shape;
const ofIncoming = measuresOf(incomingRow);
const incomingWebhooks = summary({
  id: "IncomingWebhookSummary",
  path: "/v1/summaries/incoming-webhooks",
  title: "Summarize incoming webhook requests",
  description:
    "What became of what systems told Moja, and how long our replies took. Group by `url_host`, `webhook_type` and `error_code` to see failures that belong together, with when each was first and last seen.",
  list: incoming.list,
  dimensions: {
    ...dimensionsOf(
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
    ...byStatusClass,
  },
  measures: {
    requests: ofIncoming.count("Requests", "How many requests."),
    applied: ofIncoming.count("Applied", "How many took effect.", { outcome: ["applied"] }),
    queued: ofIncoming.count("Queued", "How many wait for their call to complete.", { outcome: ["queued"] }),
    duplicates: ofIncoming.count("Duplicates", "How many had come before.", { outcome: ["duplicate"] }),
    unmatched: ofIncoming.count("Unmatched", "For how many no call was found.", { outcome: ["unmatched"] }),
    invalid: ofIncoming.count("Invalid", "How many could not be understood.", { outcome: ["invalid"] }),
    unauthorized: ofIncoming.count("Unauthorized", "How many had no valid key.", { outcome: ["unauthorized"] }),
    errors: ofIncoming.count("Errors", "How many failed on our side.", { outcome: ["error"] }),
    success_rate: ofIncoming.rate("Success rate", "Applied, queued and duplicate requests among all requests.", [
      { outcome: ["applied", "queued", "duplicate"] },
      {},
    ]),
    ...ofIncoming.latency("processing_time_ms"),
    ...ofIncoming.seen("received_at"),
  },
  example: exampleSummaries.incomingWebhooks,
});

const outgoingRow = outgoing.list.row.shape;
const ofOutgoing = measuresOf(outgoingRow);
const delivered = { status: ["delivered"] };
const outgoingWebhooks = summary({
  id: "OutgoingWebhookSummary",
  path: "/v1/summaries/outgoing-webhooks",
  title: "Summarize outgoing webhook requests",
  description:
    "What was delivered, in how many attempts, and how fast. Group by `url_host`, `event_type` and `error_code` to see failures that belong together, with when each was first and last seen.",
  list: outgoing.list,
  dimensions: {
    ...dimensionsOf(
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
    ...byStatusClass,
  },
  measures: {
    requests: ofOutgoing.count("Requests", "How many requests: one for each event and webhook."),
    delivered: ofOutgoing.count("Delivered", "How many were delivered.", delivered),
    failed: ofOutgoing.count("Failed", "How many were given up.", { status: ["failed"] }),
    retrying: ofOutgoing.count("Retrying", "How many will be tried again.", { status: ["retrying"] }),
    pending: ofOutgoing.count("Pending", "How many were not tried yet.", { status: ["pending"] }),
    success_rate: ofOutgoing.rate("Success rate", "Delivered requests among those that were delivered or given up.", [
      delivered,
      { status: ["delivered", "failed"] },
    ]),
    attempts: ofOutgoing.sum("attempt_count"),
    attempts_per_delivery: ofOutgoing.average("attempt_count", delivered, "of the requests that were delivered"),
    ...ofOutgoing.latency("response_time_ms"),
    ...ofOutgoing.seen("created_at"),
  },
  example: exampleSummaries.outgoingWebhooks,
});

/** The summary of each list. */
export const summaries = { callLogs, inboundRtb, outboundRtb, incomingWebhooks, outgoingWebhooks };
