import type { RecordInput } from "@moja/contracts";
import type { AuctionResult } from "./auction.ts";
import { addRtbEvent, jsonBody, type StoryContext } from "./story-context.ts";

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
    received_at: at(-4),
    inbound_rtb_id,
    inbound_rtb_name: `${publisher.publisher_name} pings`,
    ...campaign,
    ...publisher,
    method: "GET",
    ...caller,
    caller_zip,
    ...ending,
    ...(auction?.winner ? routeOf(context) : withoutRoute),
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
  addInboundEvents(context, options);
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
  allocation_time_ms: null,
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
    allocation_time_ms: 30_000,
    call_log_id,
    eligible_routes: [route],
  };
}

function replyOf(request_id: string, { outcome, reason }: Ending): object {
  if (outcome === "allocated") return { success: true, request_id, total_routes: 4, allocated_count: 1 };
  const rejectReason = reason === 105 ? "Missing required fields" : "No eligible route";
  return { success: false, request_id, bidAmount: 0, rejectReason };
}

function addInboundEvents(context: StoryContext, { request_id, auction }: InboundOptions): void {
  const { publisher, terms } = context;
  const message = `${publisher.publisher_name} asked for a route`;
  addRtbEvent(context, { request_id, seconds: -4, type: "inbound.received", message });
  if (auction) addAuctionEvents(context, request_id, auction);
  const replied = { request_id, seconds: -3.05, type: "inbound.replied" };
  addRtbEvent(
    context,
    auction?.winner
      ? { ...replied, message: `1 route offered at $${terms.payout.toFixed(2)}` }
      : { ...replied, message: "Refused", level: "warning" },
  );
}

function addAuctionEvents(context: StoryContext, request_id: string, { minimum_bid, winner }: AuctionResult): void {
  addRtbEvent(context, {
    request_id,
    seconds: -3.6,
    type: "rtb.auction_started",
    message: `4 buyers, minimum $${minimum_bid.toFixed(2)}, 500 ms to answer`,
  });
  const ended = { request_id, seconds: -3.1 };
  addRtbEvent(
    context,
    winner
      ? {
          ...ended,
          type: "rtb.auction_won",
          message: `${winner.buyer.buyer_name} won with $${winner.bid.toFixed(2)}`,
        }
      : { ...ended, type: "rtb.auction_no_winner", message: "No valid bid", level: "warning" },
  );
}
