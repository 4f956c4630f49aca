import type { RecordInput } from "@moja/contracts";
import type { AuctionResult } from "./auction.ts";
import { addRtbEvent, jsonBody, type StoryContext } from "./story-context.ts";

/** When a ping arrives and when its auction begins, in seconds before the call. */
export const pingSeconds = { received: -4, auction: -3.96 } as const;

type Inbound = Extract<RecordInput, { kind: "rtb_request"; direction: "inbound" }>;
type Ending = Pick<Inbound, "outcome" | "reason">;

/** A publisher's ping; without an auction it was rejected. */
type InboundOptions = { request_id: string; auction?: AuctionResult; converted?: boolean };

/** Adds a publisher's ping, allocated with its route, without a route, or rejected, and its events. */
export function addInboundRequest(context: StoryContext, options: InboundOptions): void {
  const { at, campaign, publisher, caller, caller_zip, updated_at, records } = context;
  const { request_id, auction, converted = false } = options;
  const inbound_rtb_id = `inbound_rtb_${publisher.publisher_id}`;
  const ending = drawEnding(context, auction);
  const parameters = parametersOf(context, ending);
  records.push({
    kind: "rtb_request",
    direction: "inbound",
    request_id,
    received_at: at(pingSeconds.received),
    inbound_rtb_id,
    inbound_rtb_name: `${publisher.publisher_name} pings`,
    ...campaign,
    ...publisher,
    method: "GET",
    ...caller,
    caller_zip,
    ...ending,
    ...(auction?.winner ? routeOf(context) : withoutRoute),
    allocation_time_ms: auction ? allocationMs(auction) : null,
    total_routes: auction ? 4 : 0,
    http_status: 200,
    converted,
    updated_at,
    request: {
      method: "GET",
      url: `https://rtb.moja.example/inbound_rtb/${inbound_rtb_id}`,
      query: parameters,
      headers: [{ name: "accept", value: "application/json" }],
    },
    parameters,
    reply: jsonBody(replyOf(request_id, ending)),
  });
  if (auction) addPlanEvent(context, request_id);
}

/** How long the allocation took: from the ping to the end of the auction, and a little to answer. */
function allocationMs({ duration_ms }: AuctionResult): number {
  return Math.round((pingSeconds.auction - pingSeconds.received) * 1000) + duration_ms + 5;
}

function drawEnding({ random }: StoryContext, auction: AuctionResult | undefined): Ending {
  if (!auction) return { outcome: "rejected", reason: random.pick([105, 204, 205]) };
  return auction.winner ? { outcome: "allocated", reason: null } : { outcome: "no_routes", reason: 208 };
}

/** The parameters of the ping; those that were missing are what reason 105 is about. */
function parametersOf({ caller, caller_zip }: StoryContext, { reason }: Ending) {
  if (reason === 105) return [];
  return [
    { name: "CALLER_ID", value: caller.caller_id ?? "anonymous" },
    { name: "ZIP_CODE", value: caller_zip ?? "" },
  ];
}

const withoutRoute = {
  best_payout: null,
  allocated_count: 0,
  call_log_id: null,
  eligible_routes: [],
};

function routeOf({ terms, call_log_id }: StoryContext) {
  const route = {
    number: "+18885550100",
    payout: terms.payout,
    duration: 30,
    payout_condition: "duration",
    payout_condition_duration: terms.pays_from_seconds,
  };
  return {
    best_payout: terms.payout,
    allocated_count: 1,
    call_log_id,
    eligible_routes: [route],
  };
}

function replyOf(request_id: string, { outcome, reason }: Ending): object {
  if (outcome === "allocated") return { success: true, request_id, total_routes: 4, allocated_count: 1 };
  const rejectReason = reason === 105 ? "Missing required fields" : "No eligible route";
  return { success: false, request_id, bidAmount: 0, rejectReason };
}

/** Adds what no request tells: which plan led to its auction. */
function addPlanEvent(context: StoryContext, request_id: string): void {
  addRtbEvent(context, {
    request_id,
    seconds: pingSeconds.auction - 0.01,
    type: "routing.plan_resolved",
    message: "The campaign's plan asks the RTB group All live buyers",
    data: { rtb_group_id: "rtbgrp_main" },
  });
}
