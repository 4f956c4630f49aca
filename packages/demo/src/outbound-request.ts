import type { RecordInput } from "@moja/contracts";
import type { buyers } from "./fixtures.ts";
import { jsonBody, jsonHeaders, type StoryContext } from "./story-context.ts";

type Outbound = Extract<RecordInput, { kind: "rtb_request"; direction: "outbound" }>;
type Steps = NonNullable<Outbound["steps"]>;

/** A buyer of the demo. */
export type Buyer = (typeof buyers)[number];

/** How an outbound request ended, and the auction that it belongs to. */
export type OutboundEnding = Pick<
  Outbound,
  "outcome" | "reason" | "auction_id" | "minimum_bid" | "winning_bid" | "inbound_request_id"
> & {
  /** When it was sent. */
  seconds: number;
};

/** What a buyer was asked and answered. */
type Exchange = {
  request_id: string;
  seconds: number;
  bid: number | null;
  http_status: number | null;
  response_time_ms: number | null;
  /** Whether the buyer takes ping and post in two steps. */
  isMultiStep: boolean;
};

const group = { rtb_group_id: "rtbgrp_main", rtb_group_name: "All live buyers" };

/** How long a buyer has to answer. */
const timeout_ms = 500;

/** Adds the request to a buyer, with its steps. Returns how many milliseconds it was waited for. */
export function addOutboundRequest(
  context: StoryContext,
  { buyer, request_id, bid }: { buyer: Buyer; request_id: string; bid: number | null },
  { seconds, ...ending }: OutboundEnding,
): number {
  const { at, campaign, publisher, caller, call_log_id, updated_at } = context;
  const isPinged = ending.outcome !== "not_pinged";
  const response_time_ms = isPinged ? drawResponseTime(context, ending) : null;
  const http_status = response_time_ms === null ? null : statusOf(ending);
  const isMultiStep = buyer.rtb_id === "rtb_harbor";
  const exchange = { request_id, seconds, bid, http_status, response_time_ms, isMultiStep };
  const steps = isPinged ? stepsOf(context, exchange) : [];
  context.records.push({
    kind: "rtb_request",
    direction: "outbound",
    request_id,
    sent_at: at(seconds),
    ...group,
    ...ending,
    ...campaign,
    ...publisher,
    ...caller,
    buyer_id: buyer.buyer_id,
    buyer_name: buyer.buyer_name,
    rtb_id: buyer.rtb_id,
    rtb_name: buyer.rtb_name,
    target_id: null,
    target_name: null,
    bid_amount: bid,
    response_time_ms,
    timeout_ms,
    http_status,
    step_count: steps.length,
    call_log_id: ending.winning_bid === null ? null : call_log_id,
    updated_at,
    steps,
  });
  return isPinged ? Math.min(response_time_ms ?? timeout_ms, timeout_ms) : 0;
}

/** How long the answer took: some that are too late come after all, the others never. */
function drawResponseTime({ random }: StoryContext, { outcome }: Pick<OutboundEnding, "outcome">): number | null {
  if (outcome !== "timeout") return random.int(40, 480);
  return random.chance(40) ? random.int(timeout_ms + 10, timeout_ms + 900) : null;
}

function statusOf({ outcome, reason }: Pick<OutboundEnding, "outcome" | "reason">): number {
  if (reason === 104) return 503;
  return outcome === "no_bid" ? 204 : 200;
}

/** The steps; the answers of two take as long as the request's. */
function stepsOf(context: StoryContext, exchange: Exchange): Steps {
  const { campaign, caller } = context;
  const { isMultiStep, bid, request_id, seconds, response_time_ms } = exchange;
  const body = { campaign: campaign.campaign_id, caller_id: caller.caller_id };
  const ping = { order: 1, name: isMultiStep ? "ping" : "bid", body };
  if (!isMultiStep || bid === null || response_time_ms === null) return [stepOf(context, exchange, ping)];
  const pingMs = Math.floor(response_time_ms / 2);
  const fields = { BID_ID: request_id };
  const post = { ...exchange, seconds: seconds + pingMs / 1000, response_time_ms: response_time_ms - pingMs };
  return [
    { ...stepOf(context, { ...exchange, response_time_ms: pingMs }, ping), mapped_fields: fields },
    stepOf(context, post, { order: 2, name: "post", body: fields }),
  ];
}

function stepOf(
  { at }: StoryContext,
  { request_id, seconds, bid, http_status, response_time_ms }: Exchange,
  { order, name, body }: { order: number; name: string; body: unknown },
) {
  const answer = bid === null ? null : jsonBody({ bid, bid_id: request_id });
  return {
    order,
    name,
    ...resultOf(http_status, response_time_ms),
    started_at: at(seconds),
    response_time_ms,
    request: { method: "POST", url: `https://bids.buyer.example/${name}`, headers: jsonHeaders, body: jsonBody(body) },
    response: http_status === null ? null : { status: http_status, headers: jsonHeaders, body: answer },
  };
}

function resultOf(
  http_status: number | null,
  response_time_ms: number | null,
): Pick<Steps[number], "status" | "error"> {
  if (http_status === null || response_time_ms === null || response_time_ms > timeout_ms)
    return { status: "timeout", error: `No answer within ${timeout_ms} ms` };
  return http_status >= 400
    ? { status: "failed", error: "The server is overloaded" }
    : { status: "succeeded", error: null };
}
