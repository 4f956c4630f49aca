import { contracts } from "@moja/contracts";
import type { z } from "zod";
import { decoder } from "../database/column-codecs.ts";

/** An inbound request's row. */
export type Inbound = z.output<typeof contracts.inboundRtb.list.row>;

/** An outbound request's row. */
export type Outbound = z.output<typeof contracts.outboundRtb.list.row>;

/** Decodes stored inbound requests. */
export const inboundRow = decoder(contracts.inboundRtb.list.row.shape);

/** Decodes stored outbound requests. */
export const outboundRow = decoder(contracts.outboundRtb.list.row.shape);

/** How a request was decided: in words that may follow a colon, and the numbers that it was decided by. */
export type Decision = { message: string; data: Record<string, string | number | null> };

/** The severity of an outcome that is no success. */
const levels: Record<string, "warning" | "error"> = {
  no_routes: "warning",
  rejected: "warning",
  timeout: "warning",
  error: "error",
};

/** The severity of an outcome. */
export function levelOf(outcome: string): "info" | "warning" | "error" {
  return levels[outcome] ?? "info";
}

/** The winning bid of each auction, as far as its bids tell it. */
export function winningBids(bids: Outbound[]): Map<string, number> {
  const winning = new Map<string, number>();
  for (const { auction_id, outcome, bid_amount, winning_bid } of bids) {
    const amount = outcome === "won" ? bid_amount : winning_bid;
    if (amount !== null) winning.set(auction_id, Math.max(amount, winning.get(auction_id) ?? 0));
  }
  return winning;
}

/** How a bid was decided; `winning_bid` is the one that won its auction, if it is known. */
export function bidDecision(bid: Outbound, winning_bid: number | null): Decision {
  const { outcome, reason, bid_amount, minimum_bid, response_time_ms, timeout_ms, http_status } = bid;
  const late = outcome === "timeout" && response_time_ms !== null && timeout_ms !== null;
  return {
    message: bidOutcomes[outcome](bid, winning_bid),
    data: {
      outcome,
      bid_amount,
      minimum_bid,
      winning_bid,
      reason_code: reason?.code ?? null,
      response_time_ms,
      timeout_ms,
      ...(late && { late_ms: response_time_ms - timeout_ms }),
      http_status,
    },
  };
}

/** The words for each outcome of a bid. */
const bidOutcomes: Record<Outbound["outcome"], (bid: Outbound, winning_bid: number | null) => string> = {
  won: ({ bid_amount }) => `${amount(bid_amount)} won the auction`,
  lost: lostWords,
  rejected: ({ bid_amount, minimum_bid, reason }) =>
    bid_amount !== null && minimum_bid !== null && bid_amount < minimum_bid
      ? `${amount(bid_amount)} is below the minimum of ${amount(minimum_bid)}`
      : `${amount(bid_amount)} was refused${because(reason)}`,
  no_bid: ({ reason }) => `no bid${because(reason)}`,
  not_pinged: ({ reason }) => `not asked${because(reason)}`,
  timeout: timeoutWords,
  error: ({ reason, http_status }) =>
    `failed${because(reason)}${http_status === null || http_status < 400 ? "" : ` (HTTP ${http_status})`}`,
};

/**
 * A bid loses to a higher one. Where it was not the lower one, a rule that is not recorded chose; a winning bid of zero
 * also says that nobody won.
 */
function lostWords({ bid_amount, reason }: Outbound, winning_bid: number | null): string {
  const bid = amount(bid_amount);
  if (winning_bid === null) return `${bid} lost${because(reason)}`;
  if (winning_bid === 0) return `${bid} was not chosen${because(reason)}`;
  if (bid_amount === winning_bid) return `${bid} was not chosen: an equal bid won`;
  return bid_amount === null || bid_amount < winning_bid
    ? `${bid} lost to ${amount(winning_bid)}`
    : `${bid} was not chosen: ${amount(winning_bid)} won`;
}

function timeoutWords({ response_time_ms, timeout_ms, reason }: Outbound): string {
  if (response_time_ms === null)
    return timeout_ms === null ? `no answer${because(reason)}` : `no answer within ${timeout_ms} ms`;
  const answered = `answered after ${response_time_ms} ms`;
  if (timeout_ms === null || response_time_ms <= timeout_ms) return `${answered}, too late`;
  return `${answered}, ${response_time_ms - timeout_ms} ms over the limit of ${timeout_ms} ms`;
}

/** How an inbound request was decided. */
export function inboundDecision(request: Inbound): Decision {
  const { outcome, reason, best_payout, total_routes, allocated_count, allocation_time_ms, http_status } = request;
  const time = allocation_time_ms === null ? "" : ` in ${allocation_time_ms} ms`;
  const payout = best_payout === null ? "" : `, the best at ${amount(best_payout)}`;
  const words: Record<Inbound["outcome"], string> = {
    allocated: `${allocated_count} of ${plural(total_routes, "route")} allocated${time}${payout}`,
    no_routes: `none of ${plural(total_routes, "route")} allocated${time}${because(reason)}`,
    rejected: `rejected${because(reason)}`,
    error: `failed${because(reason)}`,
  };
  return {
    message: words[outcome],
    data: {
      outcome,
      best_payout,
      total_routes,
      allocated_count,
      allocation_time_ms,
      reason_code: reason?.code ?? null,
      http_status,
    },
  };
}

/** How an auction was decided: which bid won, or why none did. */
export function auctionDecision(bids: Outbound[]): Decision & { isWon: boolean } {
  const winner = bids.find(({ outcome }) => outcome === "won");
  const amounts = bids.map(({ bid_amount }) => bid_amount).filter((bid) => bid !== null);
  const highest_bid = amounts.length > 0 ? Math.max(...amounts) : null;
  const { auction_id = "", minimum_bid = null } = bids[0] ?? {};
  const data = { auction_id, minimum_bid, highest_bid };
  if (winner)
    return {
      isWon: true,
      message: `${buyerOf(winner)} won with ${amount(winner.bid_amount)}`,
      data: { ...data, winning_bid: winner.bid_amount, request_id: winner.request_id },
    };
  const winning_bid = winningBids(bids).get(auction_id) ?? null;
  if (winning_bid)
    return {
      isWon: true,
      message: `${amount(winning_bid)} won; the request to its buyer is not recorded`,
      data: { ...data, winning_bid },
    };
  const below = highest_bid !== null && minimum_bid !== null && highest_bid < minimum_bid;
  const floor = below ? `, below the minimum of ${amount(minimum_bid)}` : "";
  const highest = highest_bid === null ? "nobody bid" : `the highest bid was ${amount(highest_bid)}${floor}`;
  return { isWon: false, message: `no bid won: ${highest}`, data: { ...data, winning_bid } };
}

/** The name of a bid's buyer. */
export function buyerOf({ rtb_name, buyer_name, rtb_id }: Outbound): string {
  return rtb_name ?? buyer_name ?? rtb_id ?? "A buyer";
}

/** The name of who sent an inbound request. */
export function publisherOf({ publisher_name, inbound_rtb_name }: Inbound): string {
  return publisher_name ?? inbound_rtb_name ?? "A publisher";
}

/** An amount in words, like `31.25 USD`; `the bid` where it is not known. */
export function amount(usd: number | null): string {
  if (usd === null) return "the bid";
  return `${Number(usd.toFixed(2)) === usd ? usd.toFixed(2) : usd} USD`;
}

/** A count in words, like `3 buyers`. */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

function because(reason: { message: string } | null): string {
  return reason ? `: ${reason.message.charAt(0).toLowerCase()}${reason.message.slice(1)}` : "";
}
