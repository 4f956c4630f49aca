import { contracts } from "@moja/contracts";
import type { z } from "zod";
import { firstUpper, instantAt, messageOf, type UnorderedEvent } from "../queries/timeline.ts";
import {
  amount,
  auctionDecision,
  bidDecision,
  buyerOf,
  inboundDecision,
  levelOf,
  plural,
  publisherOf,
  winningBids,
  type Inbound,
  type Outbound,
} from "./rtb-decisions.ts";

type Event = z.input<typeof contracts.rtbRequests.lifeLog.output>["data"][number];
type Steps = Extract<z.output<typeof contracts.rtbRequests.get.output>, { direction: "outbound" }>["steps"];

/** An event of a life-log that has no place in it yet. */
export type UnorderedLifeLogEvent = Omit<Event, "sequence" | "offset_ms"> & UnorderedEvent;

/** The call that a request led to. */
type Call = z.output<typeof contracts.callLogs.get.output>;

/** Where an event stands among others of the same time. */
const ranks = { beginning: 0, middle: 1, recorded: 2, outcome: 3, call: 4 } as const;

/** An event as it is made from what is recorded of a request. */
type MadeEvent = {
  /** When it happened, in ms since the Unix epoch. */
  at: number;
  type: string;
  level?: Event["level"];
  message: string;
  step?: number;
  data: Event["data"];
};

/** The events that are made from an outbound request: it was sent, its steps, its bid, how it was decided, its call. */
export function outboundEvents(
  { request, steps, bids }: { request: Outbound; steps: Steps; bids: Outbound[] },
  call: Call | null,
): UnorderedLifeLogEvent[] {
  const winning_bid = winningBids(bids).get(request.auction_id) ?? null;
  const decision = bidDecision(request, winning_bid);
  const stepEvents = steps.map((step) => stepEvent(step, request.timeout_ms));
  const answeredAt = Math.max(answeredOrGivenUpAt(request), ...stepEvents.map(({ at }) => at));
  const isDecidedByAuction = request.outcome === "won" || request.outcome === "lost";
  const decidedAt = isDecidedByAuction ? Math.max(answeredAt, ...bids.map(waitedUntil)) : answeredAt;
  return [
    made(ranks.beginning, sentEvent(request)),
    ...stepEvents.map((event, index) => made(ranks.middle, event, index)),
    ...(request.bid_amount === null ? [] : [made(ranks.middle, bidEvent(request, answeredAt), steps.length)]),
    made(ranks.outcome, {
      at: decidedAt,
      type: `outbound.${request.outcome}`,
      level: levelOf(request.outcome),
      ...decision,
    }),
    ...callEvents(call),
  ];
}

/** The events that are made from an inbound request: it was received, its auctions, how it was decided, its call. */
export function inboundEvents(
  { request, bids }: { request: Inbound; bids: Outbound[] },
  call: Call | null,
): UnorderedLifeLogEvent[] {
  const auctions = [...Map.groupBy(bids, ({ auction_id }) => auction_id).values()].flatMap(auctionEvents);
  const allocatedAt = Date.parse(request.received_at) + (request.allocation_time_ms ?? 0);
  const { inbound_rtb_id, method } = request;
  return [
    made(ranks.beginning, {
      at: Date.parse(request.received_at),
      type: "inbound.received",
      message: `${publisherOf(request)} asked for a route`,
      data: { inbound_rtb_id, method },
    }),
    ...auctions.map((event, index) => made(ranks.middle, event, index)),
    made(ranks.outcome, {
      at: Math.max(allocatedAt, ...auctions.map(({ at }) => at)),
      type: `inbound.${request.outcome}`,
      level: levelOf(request.outcome),
      ...inboundDecision(request),
    }),
    ...callEvents(call),
  ];
}

/**
 * Merges the events that are made from a request with the recorded ones. A recorded event stands in the place of a made
 * one of its type and step: who records it knows its time and its words better.
 */
export function mergeRecorded(
  madeEvents: UnorderedLifeLogEvent[],
  recorded: Omit<UnorderedLifeLogEvent, "rank" | "recorded">[],
): UnorderedLifeLogEvent[] {
  const isRecorded = ({ type, step }: UnorderedLifeLogEvent) =>
    recorded.some((each) => each.type === type && each.step === step);
  return [
    ...madeEvents.filter((event) => !isRecorded(event)),
    ...recorded.map((event) => ({ ...event, recorded: true, rank: ranks.recorded })),
  ];
}

function made(rank: number, { at, level = "info", step, ...event }: MadeEvent, index = 0): UnorderedLifeLogEvent {
  return {
    occurred_at: instantAt(at),
    type: event.type,
    level,
    message: messageOf(firstUpper(event.message)),
    step: step ?? null,
    data: event.data,
    recorded: false,
    rank,
    tie: String(index).padStart(6, "0"),
  };
}

function sentEvent(request: Outbound): MadeEvent {
  const { auction_id, minimum_bid, timeout_ms, outcome } = request;
  const floor = minimum_bid === null ? "" : ` of at least ${amount(minimum_bid)}`;
  const limit = timeout_ms === null ? "" : ` within ${timeout_ms} ms`;
  const buyer = buyerOf(request);
  const isSent = outcome !== "not_pinged";
  return {
    at: Date.parse(request.sent_at),
    type: isSent ? "outbound.sent" : "outbound.not_sent",
    message: isSent ? `${buyer} was asked for a bid${floor}${limit}` : `${buyer} took no part in the auction`,
    data: { auction_id, minimum_bid, timeout_ms },
  };
}

/** The most that the number of a step on the wire can be. */
const stepMax = 2_147_483_647;

function stepEvent(step: Steps[number], timeout_ms: number | null): MadeEvent {
  const { order, status, started_at, response_time_ms, response } = step;
  const waited = status === "timeout" ? timeout_ms : null;
  return {
    at: Date.parse(started_at) + (response_time_ms ?? waited ?? 0),
    type: `step.${status}`,
    level: status === "failed" || status === "timeout" ? "warning" : "info",
    message: stepWords(step),
    ...(order <= stepMax && { step: order }),
    data: { started_at, response_time_ms, http_status: response?.status ?? null },
  };
}

/** A step in words, like `Ping: answered HTTP 200 in 182 ms`. */
function stepWords({ order, name, status, response_time_ms, error, response }: Steps[number]): string {
  const answer = response ? ` HTTP ${response.status}` : "";
  const time = response_time_ms === null ? "" : ` in ${response_time_ms} ms`;
  const words = {
    succeeded: `answered${answer}${time}`,
    failed: `failed${answer}${time}`,
    timeout: `too late${answer}${time}`,
    skipped: "skipped",
  };
  return `${name || `Step ${order}`}: ${words[status]}${error === null ? "" : `: ${error}`}`;
}

function bidEvent({ bid_amount, minimum_bid }: Outbound, at: number): MadeEvent {
  const floor = minimum_bid === null ? "" : `, the minimum is ${amount(minimum_bid)}`;
  return {
    at,
    type: "outbound.bid",
    message: `The bid is ${amount(bid_amount)}${floor}`,
    data: { bid_amount, minimum_bid },
  };
}

function auctionEvents(bids: Outbound[]): MadeEvent[] {
  const asked = bids.filter(({ outcome }) => outcome !== "not_pinged").length;
  const { isWon, data, message } = auctionDecision(bids);
  const { auction_id = null, minimum_bid = null } = data;
  const floor = minimum_bid === null ? "" : `, the minimum is ${amount(Number(minimum_bid))}`;
  return [
    {
      at: Math.min(...bids.map(({ sent_at }) => Date.parse(sent_at))),
      type: "rtb.auction_started",
      message: `${asked} of ${plural(bids.length, "buyer")} asked for a bid${floor}`,
      data: { auction_id, minimum_bid, buyers: bids.length, asked },
    },
    {
      at: Math.max(...bids.map(waitedUntil)),
      type: isWon ? "rtb.auction_won" : "rtb.auction_no_winner",
      level: isWon ? "info" : "warning",
      message,
      data,
    },
  ];
}

/** When a request was answered, or its time was up; in ms since the Unix epoch. */
function answeredOrGivenUpAt({ sent_at, response_time_ms, timeout_ms, outcome }: Outbound): number {
  return Date.parse(sent_at) + (response_time_ms ?? (outcome === "timeout" ? timeout_ms : null) ?? 0);
}

/** How long an auction waited for a request: an answer that came later did not hold it up. */
function waitedUntil(bid: Outbound): number {
  const limit = bid.timeout_ms === null ? Infinity : Date.parse(bid.sent_at) + bid.timeout_ms;
  return Math.min(answeredOrGivenUpAt(bid), limit);
}

/** The type of event and the words for each status of a call. */
const callStatuses = {
  incoming: ["call.incoming", "is coming in"],
  connected: ["call.connected", "is connected"],
  hung_up: ["call.hangup", "was hung up"],
  failed: ["call.failure", "failed"],
  completed: ["call.completed", "is completed"],
} as const;

/** What became of the call, at the last time that is known of it. */
function callEvents(call: Call | null): UnorderedLifeLogEvent[] {
  if (!call) return [];
  const { started_at, connected_at, ended_at, completed_at, ...result } = call;
  const { call_log_id, status, converted, no_payout_reason, revenue_paid_out, publisher_paid_out } = result;
  const revenue = revenue_paid_out === null ? "" : `, revenue ${amount(revenue_paid_out)}`;
  const [type, words] = callStatuses[status];
  const money = no_payout_reason === null ? revenue : `, no payout: ${no_payout_reason}`;
  return [
    made(ranks.call, {
      at: Date.parse(completed_at ?? ended_at ?? connected_at ?? started_at),
      type,
      level: no_payout_reason === null ? "info" : "warning",
      message: `The call ${words}${money}`,
      data: { call_log_id, status, converted, no_payout_reason, revenue_paid_out, publisher_paid_out },
    }),
  ];
}
