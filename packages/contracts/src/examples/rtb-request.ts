import type { z } from "zod";
import type { inboundFields, outboundFields } from "../records/rtb-request-fields.ts";
import { bodyOf } from "./bodies.ts";
import { related } from "./call.ts";
import { at, auction_id, call_log_id, caller, caller_ref, inbound_request_id, parties } from "./story.ts";

type Fields<Shape extends z.ZodRawShape> = z.output<z.ZodObject<Shape>>;
const { campaign_id, campaign_name, publisher_id, publisher_name } = parties;

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
  allocation_time_ms: 950,
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
  timeout_ms: 500,
  call_log_id,
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
};

const reply = bodyOf(
  '{"success":true,"request_id":"req_in_5w8d","total_routes":3,"allocated_count":1}',
  "37b62ea2b8d6540e8cbee48ce5818335d932f6b4a3f2186d2e5435a27d6db097",
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
/** The RTB requests as producers write them. */
export const exampleRtbRequestRecords = [
  { ...inbound, reason: null, request: ping, parameters, eligible_routes, reply: reply.written },
  ...[winner, loser, silent].map((each) => ({ ...each, reason: each.reason?.code ?? null, steps: [] })),
];

/** The inbound request's row. */
export const exampleInbound = { ...inbound, caller_ref };

/** The row of a bid that was refused. */
export const exampleLoser = { ...loser, caller_ref };

/** The rows of every bid. */
export const exampleBids = [winner, loser, silent].map((bid) => ({ ...bid, caller_ref }));

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
  ...exampleInbound,
  request: ping,
  parameters,
  eligible_routes,
  reply: reply.read,
  auctions: [{ auction_id, minimum_bid: 20, winning_bid: 31.25, bids }],
  call: related,
};
