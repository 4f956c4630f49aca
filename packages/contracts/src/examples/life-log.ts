import { related } from "./call.ts";
import { exampleBids } from "./rtb-request.ts";
import { at, auction_id, call_log_id, inbound_request_id, occurred } from "./story.ts";

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
    seconds: -3.05,
    type: "inbound.replied",
    level: "info",
    message: "1 route offered at 24.50 USD",
    step: null,
    data: null,
  },
] as const;

/** The inbound request's events as producers write them. */
export const exampleRtbEventRecords = rtbEvents.map((each) => ({
  request_id: inbound_request_id,
  ...occurred(each),
  updated_at: at(95),
}));

type Told = {
  seconds: number;
  type: string;
  level: "info" | "warning";
  message: string;
  step: null;
  data: Record<string, string | number | boolean | null> | null;
  recorded?: true;
};

const recorded = (type: (typeof rtbEvents)[number]["type"]): Told[] =>
  rtbEvents.filter((each) => each.type === type).map(({ event_id: _, ...rest }) => ({ ...rest, recorded: true }));

const lifeLog: Told[] = [
  ...recorded("inbound.received"),
  {
    seconds: -3.6,
    type: "rtb.auction_started",
    level: "info",
    message: "3 of 3 buyers asked for a bid, the minimum is 20.00 USD",
    step: null,
    data: { auction_id, minimum_bid: 20, buyers: 3, asked: 3 },
  },
  {
    seconds: -3.1,
    type: "rtb.auction_won",
    level: "info",
    message: "Clearwater live bids won with 31.25 USD",
    step: null,
    data: {
      auction_id,
      minimum_bid: 20,
      highest_bid: 31.25,
      winning_bid: 31.25,
      request_id: exampleBids[0]?.request_id ?? null,
    },
  },
  ...recorded("inbound.replied"),
  {
    seconds: -3.05,
    type: "inbound.allocated",
    level: "info",
    message: "1 of 3 routes allocated in 950 ms, the best at 24.50 USD",
    step: null,
    data: {
      outcome: "allocated",
      best_payout: 24.5,
      total_routes: 3,
      allocated_count: 1,
      allocation_time_ms: 950,
      reason_code: null,
      http_status: 200,
    },
  },
  {
    seconds: 95,
    type: "call.completed",
    level: "warning",
    message: "The call is completed, no payout: Condition not met",
    step: null,
    data: {
      call_log_id,
      status: related.status,
      converted: false,
      no_payout_reason: related.no_payout_reason,
      revenue_paid_out: 0,
      publisher_paid_out: 0,
    },
  },
];

/** The inbound request's life-log: its recorded events, and those that are made from the request. */
export const exampleLifeLog = lifeLog.map(({ seconds, recorded: isRecorded = false, ...rest }, index) => ({
  sequence: index + 1,
  occurred_at: at(seconds),
  offset_ms: Math.round((seconds + 4) * 1000),
  ...rest,
  recorded: isRecorded,
}));
