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
>;

/** What a buyer was asked and answered. */
type Exchange = {
  request_id: string;
  bid: number | null;
  http_status: number | null;
  response_time_ms: number | null;
  /** Whether the buyer takes ping and post in two steps. */
  isMultiStep: boolean;
};

const group = { rtb_group_id: "rtbgrp_main", rtb_group_name: "All live buyers" };

/** Adds the request to a buyer, with its steps. */
export function addOutboundRequest(
  context: StoryContext,
  { buyer, request_id, bid }: { buyer: Buyer; request_id: string; bid: number | null },
  ending: OutboundEnding,
): void {
  const { random, at, campaign, publisher, caller, call_log_id, updated_at } = context;
  const isPinged = ending.outcome !== "not_pinged";
  const isAnswered = isPinged && ending.outcome !== "timeout";
  const response_time_ms = isAnswered ? random.int(40, 480) : null;
  const http_status = isAnswered ? statusOf(ending) : null;
  const isMultiStep = buyer.rtb_id === "rtb_harbor";
  const steps = isPinged ? stepsOf(context, { request_id, bid, http_status, response_time_ms, isMultiStep }) : [];
  context.records.push({
    kind: "rtb_request",
    direction: "outbound",
    request_id,
    sent_at: at(-3.6),
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
    http_status,
    step_count: steps.length,
    call_log_id: ending.outcome === "won" ? call_log_id : null,
    updated_at,
    steps,
  });
}

function statusOf({ outcome, reason }: OutboundEnding): number {
  if (reason === 104) return 503;
  return outcome === "no_bid" ? 204 : 200;
}

function stepsOf(context: StoryContext, exchange: Exchange): Steps {
  const { campaign, caller } = context;
  const { isMultiStep, bid, request_id } = exchange;
  const body = { campaign: campaign.campaign_id, caller_id: caller.caller_id };
  const ping = stepOf(context, exchange, { order: 1, name: isMultiStep ? "ping" : "bid", body });
  if (!isMultiStep || bid === null) return [{ ...ping, mapped_fields: {} }];
  const fields = { BID_ID: request_id };
  return [{ ...ping, mapped_fields: fields }, stepOf(context, exchange, { order: 2, name: "post", body: fields })];
}

function stepOf(
  { at }: StoryContext,
  { request_id, bid, http_status, response_time_ms }: Exchange,
  { order, name, body }: { order: number; name: string; body: unknown },
) {
  const answer = bid === null ? null : jsonBody({ bid, bid_id: request_id });
  return {
    order,
    name,
    ...resultOf(http_status),
    started_at: at(-3.6 + order * 0.2),
    response_time_ms,
    request: { method: "POST", url: `https://bids.buyer.example/${name}`, headers: jsonHeaders, body: jsonBody(body) },
    response: http_status === null ? null : { status: http_status, headers: jsonHeaders, body: answer },
  };
}

function resultOf(http_status: number | null): Pick<Steps[number], "status" | "error"> {
  if (http_status === null) return { status: "timeout", error: "No answer within 500 ms" };
  return http_status >= 400 ? { status: "failed", error: `HTTP ${http_status}` } : { status: "succeeded", error: null };
}
