import type { z } from "zod";
import type { callFields } from "../records/call.ts";
import type { RecordInput } from "../records/record.ts";
import type { inboundFields, outboundFields } from "../records/rtb-request.ts";
import type { incomingFields, outgoingFields } from "../records/webhook-request.ts";

/** The moment `seconds` after the example call arrived. */
const at = (seconds: number) => new Date(Date.UTC(2026, 4, 4, 12, 0, 0) + Math.round(seconds * 1000)).toISOString();

type Fields<Shape extends z.ZodRawShape> = z.output<z.ZodObject<Shape>>;

const parties = {
  campaign_id: "camp_201",
  campaign_name: "Medicare Supplement",
  publisher_id: "pub_31",
  publisher_name: "Northwind Media",
  buyer_id: "buyer_12",
  buyer_name: "Clearwater Benefits",
};
const { campaign_id, campaign_name, publisher_id, publisher_name } = parties;
const caller = { caller_id: "+13105550142", caller_state: "CA" };
const call_log_id = "call_7q2m4xk1";
const inbound_request_id = "req_in_5w8d";
const auction_id = "auc_3fk9";

const call: Fields<typeof callFields> = {
  call_log_id,
  started_at: at(0),
  connected_at: at(9),
  ended_at: at(93),
  completed_at: at(95),
  status: "completed",
  ...caller,
  caller_zip: "90012",
  dialed_number: "+18885550100",
  ...parties,
  dial_type: "rtb_group",
  dial_type_id: "rtbgrp_7",
  dial_name: "Medicare buyers",
  rtb_id: "rtb_456",
  rtb_name: "Clearwater live bids",
  target_id: null,
  target_name: null,
  destination_number: "+18005550177",
  hangup_source: "caller",
  hangup_cause: "normal",
  duration_seconds: 93,
  connected_seconds: 84,
  billable_seconds: 84,
  cost_per_min: 0.00845,
  cost: 0.01183,
  moja_magic: false,
  revenue_paid_out: 0,
  publisher_paid_out: 0,
  converted: false,
  call_converted_at: null,
  no_payout_reason: "Condition not met",
  reason: "Connected 84 s, the buyer pays from 90 s",
  duplicate: false,
  recording_url: null,
  tags: { quality: "reviewed", source: "search" },
  inbound_request_id,
  outbound_request_id: "req_out_c1",
  auction_id,
  updated_at: at(400),
};

const inbound: Fields<typeof inboundFields> = {
  request_id: inbound_request_id,
  direction: "inbound",
  received_at: at(-4),
  inbound_rtb_id: "inbound_rtb_88",
  inbound_rtb_name: "Northwind search",
  campaign_id,
  campaign_name,
  publisher_id,
  publisher_name,
  method: "GET",
  ...caller,
  caller_zip: "90012",
  outcome: "allocated",
  reason: null,
  best_payout: 24.5,
  total_routes: 3,
  allocated_count: 1,
  allocation_time_ms: 30_000,
  http_status: 200,
  call_log_id,
  converted: false,
  updated_at: at(95),
};

const bidder = {
  direction: "outbound" as const,
  auction_id,
  rtb_group_id: "rtbgrp_7",
  rtb_group_name: "Medicare buyers",
  target_id: null,
  target_name: null,
  campaign_id,
  campaign_name,
  publisher_id,
  publisher_name,
  ...caller,
  minimum_bid: 20,
  winning_bid: 31.25,
  inbound_request_id,
  updated_at: at(95),
};
type Outbound = Fields<typeof outboundFields>;
const winner: Outbound = {
  ...bidder,
  request_id: "req_out_c1",
  sent_at: at(-3.6),
  rtb_id: "rtb_456",
  rtb_name: "Clearwater live bids",
  buyer_id: "buyer_12",
  buyer_name: "Clearwater Benefits",
  outcome: "won",
  reason: null,
  bid_amount: 31.25,
  response_time_ms: 182,
  http_status: 200,
  step_count: 1,
  call_log_id,
};
const loser: Outbound = {
  ...bidder,
  request_id: "req_out_c2",
  sent_at: at(-3.6),
  rtb_id: "rtb_512",
  rtb_name: "Harbor Senior Care",
  buyer_id: "buyer_19",
  buyer_name: "Harbor Senior Care",
  outcome: "rejected",
  reason: { code: 301, class: "rejected", message: "The bid is below the minimum bid" },
  bid_amount: 12.5,
  response_time_ms: 240,
  http_status: 200,
  step_count: 1,
  call_log_id: null,
};
const silent: Outbound = {
  ...bidder,
  request_id: "req_out_c3",
  sent_at: at(-3.6),
  rtb_id: "rtb_530",
  rtb_name: "Summit Medicare",
  buyer_id: "buyer_23",
  buyer_name: "Summit Medicare",
  outcome: "timeout",
  reason: { code: 101, class: "error", message: "The buyer did not answer in time" },
  bid_amount: null,
  response_time_ms: null,
  http_status: null,
  step_count: 1,
  call_log_id: null,
};

const incoming: Fields<typeof incomingFields> = {
  request_id: "whin_2p6c",
  direction: "incoming",
  received_at: at(400),
  webhook_id: "wh_4",
  webhook_name: "Quality review",
  webhook_type: "update_tags",
  method: "POST",
  outcome: "applied",
  error_code: null,
  matched_by: "call_log_id",
  transaction_id: "qa-20260504-17",
  phone_number: "+13105550142",
  ...parties,
  url_host: "webhooks.moja.example",
  http_status: 200,
  processing_time_ms: 12,
  applied_at: at(400.012),
  call_log_id,
  updated_at: at(400.012),
};

const outgoing: Fields<typeof outgoingFields> = {
  request_id: "whout_8r3n",
  direction: "outgoing",
  created_at: at(95),
  webhook_id: "wh_9",
  webhook_name: "CRM",
  event_type: "call.completed",
  method: "POST",
  url_host: "hooks.partner.example",
  status: "delivered",
  attempt_count: 2,
  http_status: 200,
  error_code: null,
  response_time_ms: 95,
  first_attempt_at: at(95.1),
  last_attempt_at: at(125.3),
  next_attempt_at: null,
  delivered_at: at(125.395),
  ...parties,
  call_log_id,
  updated_at: at(125.395),
};

const jsonHeaders = [{ name: "content-type", value: "application/json" }];
const bodyOf = (text: string, sha256: string) => ({
  written: { content_type: "application/json", text },
  read: {
    content_type: "application/json",
    encoding: "utf8" as const,
    text,
    size_bytes: text.length,
    sha256,
    omitted_reason: null,
  },
});
const reply = bodyOf(
  '{"success":true,"request_id":"req_in_5w8d","total_routes":3,"allocated_count":1}',
  "37b62ea2b8d6540e8cbee48ce5818335d932f6b4a3f2186d2e5435a27d6db097",
);
const event = bodyOf(
  '{"call_log_id":"call_7q2m4xk1","event":"call.completed"}',
  "78641733e67bd0fd30bf2b5ef305a6a7822208fcc5728796d8f98b7337ace78f",
);
const tagged = bodyOf(
  '{"call_log_id":"call_7q2m4xk1","add":{"quality":"reviewed"}}',
  "2ba1dd8f1713bdf9f1fd30996554674cf44aa52bbcf6ee4d432521e02f0edaef",
);

const ping = {
  method: "GET",
  url: "https://rtb.moja.example/inbound_rtb/inbound_rtb_88?CALLER_ID=%2B13105550142&ZIP_CODE=90012",
  query: [
    { name: "CALLER_ID", value: "+13105550142" },
    { name: "ZIP_CODE", value: "90012" },
  ],
  headers: [{ name: "accept", value: "application/json" }],
  body: null,
};
const parameters = [
  { name: "CALLER_ID", value: "+13105550142" },
  { name: "CALLER_STATE", value: "CA" },
  { name: "ZIP_CODE", value: "90012" },
];
const eligible_routes = [
  { number: "+18885550100", payout: 24.5, duration: 30, payout_condition: "duration", payout_condition_duration: 90 },
];
const hook = { method: "POST", url: "https://hooks.partner.example/moja", query: [], headers: jsonHeaders };
const attempts = [
  {
    attempt: 1,
    started_at: at(95.1),
    response_time_ms: 210,
    error_code: "http_error" as const,
    error_message: "The server answered 500",
    response: { status: 500, headers: [], body: null },
  },
  {
    attempt: 2,
    started_at: at(125.3),
    response_time_ms: 95,
    error_code: null,
    error_message: null,
    response: { status: 200, headers: [], body: null },
  },
];
const update = {
  method: "POST",
  url: "https://webhooks.moja.example/update_tags?moja_auth_key=%5Bredacted%5D",
  query: [{ name: "moja_auth_key", value: "[redacted]" }],
  headers: jsonHeaders,
};
const changes = [{ field: "tags.quality", before: null, after: "reviewed" }];

const callEvents = [
  { event_id: "e1", seconds: 0, type: "call.incoming", level: "info", message: "+18885550100 was dialled", data: null },
  {
    event_id: "e2",
    seconds: 0.2,
    type: "routing.plan_resolved",
    level: "info",
    message: "Routed to the RTB group Medicare buyers",
    data: { dial_type: "rtb_group", dial_type_id: "rtbgrp_7" },
  },
  {
    event_id: "e3",
    seconds: 9,
    type: "call.connected",
    level: "info",
    message: "Answered by Clearwater Benefits",
    data: null,
  },
  {
    event_id: "e4",
    seconds: 69,
    type: "call.on_60_secs_mark",
    level: "info",
    message: "Connected for 60 seconds",
    data: null,
  },
  {
    event_id: "e5",
    seconds: 93,
    type: "call.hangup",
    level: "info",
    message: "The caller hung up after 84 s",
    data: { connected_seconds: 84 },
  },
  {
    event_id: "e6",
    seconds: 95,
    type: "call.completed",
    level: "warning",
    message: "No payout: condition not met (84 s of 90 s)",
    data: { no_payout_reason: "Condition not met" },
  },
] as const;
const rtbEvents = [
  {
    event_id: "e1",
    seconds: -4,
    type: "inbound.received",
    level: "info",
    message: "Northwind Media asked for +13105550142",
    step: null,
    data: null,
  },
  {
    event_id: "e2",
    seconds: -3.6,
    type: "rtb.auction_started",
    level: "info",
    message: "3 buyers asked, 500 ms to answer",
    step: null,
    data: { auction_id, minimum_bid: 20 },
  },
  {
    event_id: "e3",
    seconds: -3.1,
    type: "rtb.auction_won",
    level: "info",
    message: "Clearwater Benefits won with $31.25",
    step: null,
    data: { bid_amount: 31.25 },
  },
  {
    event_id: "e4",
    seconds: -3.05,
    type: "inbound.replied",
    level: "info",
    message: "1 route offered at $24.50",
    step: null,
    data: null,
  },
] as const;
const occurred = <Event extends { seconds: number }>({ seconds, ...rest }: Event) => ({
  ...rest,
  occurred_at: at(seconds),
});
const related = {
  call_log_id,
  started_at: call.started_at,
  status: call.status,
  duration_seconds: 93,
  connected_seconds: 84,
  converted: false,
  call_converted_at: null,
  revenue_paid_out: 0,
  publisher_paid_out: 0,
  no_payout_reason: call.no_payout_reason,
};

/** The records of the example organization: one call that did not pay, with all that belongs to it. Every example in the document answers from these. */
export const exampleRecords: RecordInput[] = [
  { kind: "call", ...call },
  ...callEvents.map((each) => ({ kind: "call_event" as const, call_log_id, ...occurred(each), updated_at: at(95) })),
  { kind: "rtb_request", ...inbound, reason: null, request: ping, parameters, eligible_routes, reply: reply.written },
  ...[winner, loser, silent].map((each) => ({
    kind: "rtb_request" as const,
    ...each,
    reason: each.reason?.code ?? null,
    steps: [],
  })),
  ...rtbEvents.map((each) => ({
    kind: "rtb_event" as const,
    request_id: inbound_request_id,
    ...occurred(each),
    updated_at: at(95),
  })),
  {
    kind: "webhook_request",
    ...incoming,
    request: { ...update, body: tagged.written },
    response: { status: 200, headers: [], body: null },
    changes,
  },
  { kind: "webhook_request", ...outgoing },
  ...attempts.map((each) => ({
    kind: "webhook_attempt" as const,
    request_id: outgoing.request_id,
    ...each,
    request: { ...hook, body: event.written },
    updated_at: each.started_at,
  })),
];

/** The call's row. */
export const exampleCall = { ...call, profit: -0.01183 };
/** The inbound request's row. */
export const exampleInbound = inbound;
/** The row of a bid that was refused. */
export const exampleLoser = loser;
/** The incoming webhook request's row. */
export const exampleIncoming = incoming;
/** The outgoing webhook request's row. */
export const exampleOutgoing = outgoing;

/** The example organization's rows of every list. */
export const exampleRows = {
  callLogs: [exampleCall],
  inboundRtb: [inbound],
  outboundRtb: [winner, loser, silent],
  incomingWebhooks: [incoming],
  outgoingWebhooks: [outgoing],
};

const bids = [winner, loser, silent].map(
  ({ request_id, sent_at, rtb_id, rtb_name, buyer_id, buyer_name, outcome, reason, bid_amount, response_time_ms }) => ({
    request_id,
    sent_at,
    rtb_id,
    rtb_name,
    buyer_id,
    buyer_name,
    outcome,
    reason,
    bid_amount,
    response_time_ms,
  }),
);

/** The inbound request's detail. */
export const exampleInboundDetail = {
  ...inbound,
  request: ping,
  parameters,
  eligible_routes,
  reply: reply.read,
  auctions: [{ auction_id, minimum_bid: 20, winning_bid: 31.25, bids }],
  call: related,
};

/** The inbound request's life-log. */
export const exampleLifeLog = rtbEvents.map(({ event_id: _, seconds, ...rest }, index) => ({
  sequence: index + 1,
  occurred_at: at(seconds),
  offset_ms: Math.round((seconds + 4) * 1000),
  ...rest,
}));

/** The incoming webhook request's detail. */
export const exampleIncomingDetail = {
  ...incoming,
  request: { ...update, body: tagged.read },
  response: { status: 200, headers: [], body: null },
  changes,
  call: related,
};

/** The outgoing webhook request's detail. */
export const exampleOutgoingDetail = {
  ...outgoing,
  attempts: attempts.map((each) => ({ ...each, request: { ...hook, body: event.read } })),
  call: related,
};

const own = (index: number) => {
  const { event_id: _, seconds, ...rest } = callEvents[index] as (typeof callEvents)[number];
  return { seconds, source: "call" as const, ...rest, link: null };
};
const rtb = (
  id: string,
  seconds: number,
  level: "info" | "warning",
  type: string,
  message: string,
  data: Record<string, string | number | null>,
) => ({ seconds, source: "rtb" as const, type, level, message, data, link: { resource: "rtb_request" as const, id } });
const hooked = (
  resource: "incoming_webhook_request" | "outgoing_webhook_request",
  id: string,
  seconds: number,
  type: string,
  message: string,
  data: Record<string, string | number | null>,
) => ({ seconds, source: "webhook" as const, type, level: "info" as const, message, data, link: { resource, id } });

/** The call's timeline: its own events and its requests, in order. */
export const exampleTimeline = [
  rtb("req_in_5w8d", -4, "info", "rtb.inbound_request", "Northwind Media asked for a route: allocated", {
    outcome: "allocated",
    best_payout: 24.5,
    reason_code: null,
  }),
  rtb("req_out_c1", -3.6, "info", "rtb.outbound_request", "Clearwater live bids bid $31.25: won", {
    outcome: "won",
    bid_amount: 31.25,
    reason_code: null,
  }),
  rtb(
    "req_out_c2",
    -3.6,
    "warning",
    "rtb.outbound_request",
    "Harbor Senior Care bid $12.50: rejected, the bid is below the minimum bid",
    { outcome: "rejected", bid_amount: 12.5, reason_code: 301 },
  ),
  rtb(
    "req_out_c3",
    -3.6,
    "warning",
    "rtb.outbound_request",
    "Summit Medicare did not bid: timeout, the buyer did not answer in time",
    { outcome: "timeout", bid_amount: null, reason_code: 101 },
  ),
  own(0),
  own(1),
  own(2),
  own(3),
  own(4),
  own(5),
  hooked(
    "outgoing_webhook_request",
    "whout_8r3n",
    95,
    "webhook.sent",
    "call.completed to hooks.partner.example: delivered after 2 attempts",
    { event_type: "call.completed", status: "delivered", http_status: 200 },
  ),
  hooked("incoming_webhook_request", "whin_2p6c", 400, "webhook.received", "update_tags: applied", {
    webhook_type: "update_tags",
    outcome: "applied",
    http_status: 200,
  }),
].map(({ seconds, source, type, level, message, data, link }, index) => ({
  sequence: index + 1,
  occurred_at: at(seconds),
  offset_ms: Math.round(seconds * 1000),
  source,
  type,
  level,
  message,
  data,
  link,
}));
