import type { RecordInput } from "@moja/contracts";
import { generateAuction, type AuctionResult } from "./auction.ts";
import { generateCall } from "./call.ts";
import type { Random } from "./random.ts";
import { addRtbEvent, createContext, jsonBody, type StoryContext } from "./story-context.ts";
import { generateIncomingWebhook } from "./webhooks.ts";

/** What a story is about, by weight. */
const plots = {
  auction: 44,
  target: 22,
  rtb: 6,
  ivr: 4,
  number: 3,
  call_flow: 3,
  refused_ping: 10,
  lost_auction: 4,
  stray_postback: 4,
};

/** One coherent story as records: a ping, its auction, its call, their events and webhooks, or a part that went wrong. `magic` allows Moja Magic (Enterprise). */
export function generateStory(
  random: Random,
  story: string,
  beginning: number,
  options: { magic: boolean; live: boolean },
): RecordInput[] {
  const context = createContext(random, story, beginning);
  const plot = random.weighted(plots);
  switch (plot) {
    case "auction": {
      const inbound_request_id = `req_in_${story}`;
      const auction = generateAuction(context, inbound_request_id, true);
      const converted = generateCall(context, { dial_type: "rtb_group", inbound_request_id, auction, ...options });
      generateInboundRequest(context, inbound_request_id, auction, converted);
      break;
    }
    case "rtb":
      generateCall(context, {
        dial_type: "rtb",
        inbound_request_id: null,
        auction: generateAuction(context, null, true),
        ...options,
      });
      break;
    case "lost_auction": {
      const inbound_request_id = `req_in_${story}`;
      generateInboundRequest(context, inbound_request_id, generateAuction(context, inbound_request_id, false));
      break;
    }
    case "refused_ping":
      generateInboundRequest(context, `req_in_${story}`, undefined);
      break;
    case "stray_postback":
      generateIncomingWebhook(
        context,
        0,
        "update_revenue",
        random.pick([
          { outcome: "unmatched", call_log_id: null, error_code: "no_such_call" },
          { outcome: "unauthorized", call_log_id: null, error_code: "bad_auth_key" },
          { outcome: "invalid", call_log_id: null, error_code: "bad_amount" },
        ]),
      );
      break;
    default:
      generateCall(context, { dial_type: plot, inbound_request_id: null, ...options });
  }
  return context.records;
}

/** Tells a publisher's ping: allocated with its route, without a route, or refused. */
function generateInboundRequest(
  context: StoryContext,
  request_id: string,
  auction: AuctionResult | undefined,
  converted = false,
): void {
  const { random, at, campaign, publisher, caller, caller_zip, terms, call_log_id, updated_at, records } = context;
  const winner = auction?.winner;
  const refusal = auction
    ? ({ outcome: "no_routes", reason: 208 } as const)
    : ({ outcome: "rejected", reason: random.pick([105, 204, 205]) } as const);
  const ending = winner ? { outcome: "allocated" as const, reason: null } : refusal;
  const parameters =
    refusal.reason === 105
      ? []
      : [
          { name: "CALLER_ID", value: caller.caller_id ?? "anonymous" },
          { name: "ZIP_CODE", value: caller_zip ?? "" },
        ];
  const reply = winner
    ? { success: true, request_id, total_routes: 4, allocated_count: 1 }
    : {
        success: false,
        request_id,
        bidAmount: 0,
        rejectReason: ending.reason === 105 ? "Missing required fields" : "No eligible route",
      };
  records.push({
    kind: "rtb_request",
    direction: "inbound",
    request_id,
    received_at: at(-4),
    inbound_rtb_id: `inbound_rtb_${publisher.publisher_id}`,
    inbound_rtb_name: `${publisher.publisher_name} pings`,
    ...campaign,
    ...publisher,
    method: "GET",
    ...caller,
    caller_zip,
    ...ending,
    best_payout: winner ? terms.payout : null,
    total_routes: auction ? 4 : 0,
    allocated_count: winner ? 1 : 0,
    allocation_time_ms: winner ? 30_000 : null,
    http_status: 200,
    call_log_id: winner ? call_log_id : null,
    converted,
    updated_at,
    request: {
      method: "GET",
      url: `https://rtb.moja.example/inbound_rtb/inbound_rtb_${publisher.publisher_id}`,
      query: parameters,
      headers: [{ name: "accept", value: "application/json" }],
    },
    parameters,
    reply: jsonBody(reply),
    eligible_routes: winner
      ? [
          {
            number: "+18885550100",
            payout: terms.payout,
            duration: 30,
            payout_condition: "duration",
            payout_condition_duration: terms.pays_from_seconds,
          },
        ]
      : [],
  });
  addRtbEvent(context, request_id, -4, "inbound.received", `${publisher.publisher_name} asked for a route`);
  if (auction)
    addRtbEvent(
      context,
      request_id,
      -3.6,
      "rtb.auction_started",
      `4 buyers, minimum $${auction.minimum_bid.toFixed(2)}, 500 ms to answer`,
    );
  if (auction)
    addRtbEvent(
      context,
      request_id,
      -3.1,
      winner ? "rtb.auction_won" : "rtb.auction_no_winner",
      winner ? `${winner.buyer.buyer_name} won with $${winner.bid.toFixed(2)}` : "No valid bid",
      winner ? {} : { level: "warning" },
    );
  addRtbEvent(
    context,
    request_id,
    -3.05,
    "inbound.replied",
    winner ? `1 route offered at $${terms.payout.toFixed(2)}` : "Refused",
    winner ? {} : { level: "warning" },
  );
}
