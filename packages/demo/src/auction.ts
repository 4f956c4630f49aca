import { buyers } from "./fixtures.ts";
import { addOutboundRequest, type Buyer, type OutboundEnding } from "./outbound-request.ts";
import type { StoryContext } from "./story-context.ts";

/** The result of an auction. */
export type AuctionResult = {
  auction_id: string;
  /** How long it took until it was decided. */
  duration_ms: number;
  winner?: { request_id: string; buyer: Buyer; bid: number };
};

const endingsWithoutBid = {
  timeout: { outcome: "timeout", reason: 101 },
  declined: { outcome: "no_bid", reason: 0 },
  capped: { outcome: "not_pinged", reason: 203 },
  closed: { outcome: "not_pinged", reason: 206 },
  broken: { outcome: "error", reason: 104 },
  garbled: { outcome: "error", reason: 102 },
} as const;

/** A buyer's part in an auction: its bid in USD, or why there is none. */
type Participant = { buyer: Buyer; request_id: string } & (
  | { bid: number }
  | { bid: null; failure: keyof typeof endingsWithoutBid }
);

/** An auction to generate: the ping that caused it (a call did where it is null), when, and whether a bid shall win. */
type AuctionOptions = { inbound_request_id: string | null; seconds: number; willWin: boolean };

/**
 * Generates an auction: every buyer is asked, and the highest bid at or above the minimum wins. Others are lower, late,
 * closed or broken. An auction that nobody shall win has no bid above the minimum.
 */
export function generateAuction(
  context: StoryContext,
  { inbound_request_id, seconds, willWin }: AuctionOptions,
): AuctionResult {
  const auction_id = `auc_${context.story}`;
  const minimum_bid = context.terms.payout;
  const participants = drawParticipants(context, willWin);
  const winner = willWin ? highestBid(participants, minimum_bid) : undefined;
  const auction = { auction_id, minimum_bid, winning_bid: winner?.bid ?? null, inbound_request_id };
  const durations = participants.map((participant) =>
    addOutboundRequest(context, participant, { ...auction, seconds, ...endingOf(participant, minimum_bid, winner) }),
  );
  return { auction_id, duration_ms: Math.max(...durations), ...(winner && { winner }) };
}

/** Draws what each buyer does; where the auction shall be won, one of them bids the call's revenue. */
function drawParticipants({ random, story, terms }: StoryContext, willWin: boolean): Participant[] {
  const winnerIndex = random.int(0, buyers.length - 1);
  return buyers.map((buyer, index) => {
    // Whoever bids the minimum or more would win.
    const most = willWin ? terms.revenue * 110 : terms.payout * 100 - 1;
    const cents = random.int(Math.round(terms.payout * 40), Math.round(most));
    const reply = random.weighted({ bid: 6, timeout: 2, declined: 2, capped: 1, closed: 1, broken: 1, garbled: 1 });
    const common = { buyer, request_id: `req_out_${story}_${index + 1}` };
    if (willWin && index === winnerIndex) return { ...common, bid: terms.revenue };
    return reply === "bid" ? { ...common, bid: cents / 100 } : { ...common, bid: null, failure: reply };
  });
}

function highestBid(participants: Participant[], minimum_bid: number): AuctionResult["winner"] {
  const [best] = participants
    .flatMap(({ buyer, request_id, bid }) => (bid === null ? [] : [{ buyer, request_id, bid }]))
    .filter(({ bid }) => bid >= minimum_bid)
    .toSorted((a, b) => b.bid - a.bid);
  return best;
}

function endingOf(
  participant: Participant,
  minimum_bid: number,
  winner: AuctionResult["winner"],
): Pick<OutboundEnding, "outcome" | "reason"> {
  if (participant.bid === null) return endingsWithoutBid[participant.failure];
  if (participant.request_id === winner?.request_id) return { outcome: "won", reason: null };
  if (participant.bid < minimum_bid) return { outcome: "rejected", reason: 301 };
  return { outcome: "lost", reason: 401 };
}
