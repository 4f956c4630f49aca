import type { RecordInput } from "@moja/contracts";
import { buyers } from "./fixtures.ts";
import { addRtbEvent, jsonBody, jsonHeaders, type StoryContext } from "./story-context.ts";

type Outbound = Extract<RecordInput, { kind: "rtb_request"; direction: "outbound" }>;
type Buyer = (typeof buyers)[number];

/** What an auction came to. */
export type AuctionResult = {
  auction_id: string;
  minimum_bid: number;
  winner?: { request_id: string; buyer: Buyer; bid: number };
};

const group = { rtb_group_id: "rtbgrp_main", rtb_group_name: "All live buyers" };
const endingsWithoutBid = {
  timeout: { outcome: "timeout", reason: 101 },
  declined: { outcome: "no_bid", reason: 0 },
  capped: { outcome: "not_pinged", reason: 203 },
  closed: { outcome: "not_pinged", reason: 206 },
  broken: { outcome: "error", reason: 104 },
  garbled: { outcome: "error", reason: 102 },
} as const;

/** Tells an auction: every buyer is asked, the highest bid at or above the minimum wins; some are below, late, closed or broken. */
export function generateAuction(
  context: StoryContext,
  inbound_request_id: string | null,
  willWin: boolean,
): AuctionResult {
  const { random, story, terms } = context;
  const auction_id = `auc_${story}`;
  const minimum_bid = terms.payout;
  const winnerIndex = random.int(0, buyers.length - 1);
  const requests = buyers.map((buyer, index) => {
    const cents = random.int(Math.round(minimum_bid * 40), Math.round(terms.revenue * 110));
    const ending = random.weighted({ bid: 6, timeout: 2, declined: 2, capped: 1, closed: 1, broken: 1, garbled: 1 });
    const forced = willWin && index === winnerIndex;
    return {
      buyer,
      request_id: `req_out_${story}_${index + 1}`,
      bid: forced ? terms.revenue : cents / 100,
      ending: forced ? ("bid" as const) : ending,
    };
  });
  const valid = requests.filter(({ ending, bid }) => ending === "bid" && bid >= minimum_bid);
  const best = willWin ? valid.toSorted((a, b) => b.bid - a.bid)[0] : undefined;
  const winning_bid = best?.bid ?? null;
  for (const each of requests) {
    const bid = each.ending === "bid";
    const ending = !bid
      ? endingsWithoutBid[each.ending as keyof typeof endingsWithoutBid]
      : each === best
        ? { outcome: "won" as const, reason: null }
        : each.bid < minimum_bid
          ? { outcome: "rejected" as const, reason: 301 }
          : best
            ? { outcome: "lost" as const, reason: 401 }
            : { outcome: "lost" as const, reason: 402 };
    context.records.push(
      outbound(
        context,
        { ...each, bid: bid ? each.bid : null },
        { ...ending, auction_id, minimum_bid, winning_bid, inbound_request_id },
      ),
    );
  }
  if (best)
    addRtbEvent(
      context,
      best.request_id,
      -3,
      "outbound.won",
      `${best.buyer.buyer_name} won with $${best.bid.toFixed(2)}`,
    );
  return {
    auction_id,
    minimum_bid,
    ...(best && { winner: { request_id: best.request_id, buyer: best.buyer, bid: best.bid } }),
  };
}

function outbound(
  context: StoryContext,
  { buyer, request_id, bid }: { buyer: Buyer; request_id: string; bid: number | null },
  result: Pick<Outbound, "outcome" | "reason" | "auction_id" | "minimum_bid" | "winning_bid" | "inbound_request_id">,
): Outbound {
  const { random, at, campaign, publisher, caller, call_log_id, updated_at } = context;
  const pinged = result.outcome !== "not_pinged";
  const answered = pinged && result.outcome !== "timeout";
  const response_time_ms = answered ? random.int(40, 480) : null;
  const http_status = answered ? (result.reason === 104 ? 503 : result.outcome === "no_bid" ? 204 : 200) : null;
  const multiStep = buyer.rtb_id === "rtb_harbor";
  return {
    kind: "rtb_request",
    direction: "outbound",
    request_id,
    sent_at: at(-3.6),
    ...group,
    ...result,
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
    step_count: pinged ? (multiStep && bid !== null ? 2 : 1) : 0,
    call_log_id: result.outcome === "won" ? call_log_id : null,
    updated_at,
    steps: pinged ? stepsOf(context, { request_id, bid, http_status, response_time_ms, multiStep }) : [],
  };
}

function stepsOf(
  context: StoryContext,
  {
    request_id,
    bid,
    http_status,
    response_time_ms,
    multiStep,
  }: {
    request_id: string;
    bid: number | null;
    http_status: number | null;
    response_time_ms: number | null;
    multiStep: boolean;
  },
): NonNullable<Outbound["steps"]> {
  const { at, campaign, caller } = context;
  const failed =
    http_status === null ? ("timeout" as const) : http_status >= 400 ? ("failed" as const) : ("succeeded" as const);
  const step = (order: number, name: string, body: unknown) => ({
    order,
    name,
    status: failed,
    started_at: at(-3.6 + order * 0.2),
    response_time_ms,
    request: { method: "POST", url: `https://bids.buyer.example/${name}`, headers: jsonHeaders, body: jsonBody(body) },
    response:
      http_status === null
        ? null
        : {
            status: http_status,
            headers: jsonHeaders,
            body: bid === null ? null : jsonBody({ bid, bid_id: request_id }),
          },
    error: failed === "timeout" ? "No answer within 500 ms" : failed === "failed" ? `HTTP ${http_status}` : null,
  });
  const ping = {
    ...step(1, multiStep ? "ping" : "bid", { campaign: campaign.campaign_id, caller_id: caller.caller_id }),
    mapped_fields: (multiStep && bid !== null ? { BID_ID: request_id } : {}) as Record<string, string>,
  };
  return multiStep && bid !== null ? [ping, step(2, "post", { BID_ID: request_id })] : [ping];
}
