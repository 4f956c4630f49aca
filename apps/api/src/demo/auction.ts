import { tellBid } from "./bid.ts";
import { buyers, type Buyer } from "./people.ts";
import type { Scene } from "./scene.ts";

/** How an auction ends: somebody wins, every bid is too low, or the caller hangs up before there is a winner. */
export type AuctionEnding = "won" | "no_winner" | "abandoned";

/** What an auction came to; a `bid` is in micro-dollars. */
export type Auction = { auction_id: string; minimum_bid: number; asked: number; winner?: { request_id: string; buyer: Buyer; bid: number } };

/** How a buyer's answer ended before bids are compared, by weight. */
const answers = { bid: 50, timeout: 9, declined: 7, broken: 4, garbled: 2, unreachable: 2, disabled: 2, filtered: 6, capped: 5, blocked: 1, repeated: 3, closed: 5, limited: 2, duplicate: 1, expired: 2 };

/** How a buyer's answer ended. */
export type Answer = keyof typeof answers;

/** The endings that no comparison changes, as the wire says them. */
export const endings = {
  timeout: { outcome: "timeout", reason: 101 },
  declined: { outcome: "no_bid", reason: 0 },
  broken: { outcome: "error", reason: 104 },
  garbled: { outcome: "error", reason: 102 },
  unreachable: { outcome: "error", reason: 103 },
  disabled: { outcome: "not_pinged", reason: 201 },
  filtered: { outcome: "not_pinged", reason: 202 },
  capped: { outcome: "not_pinged", reason: 203 },
  blocked: { outcome: "not_pinged", reason: 204 },
  repeated: { outcome: "not_pinged", reason: 205 },
  closed: { outcome: "not_pinged", reason: 206 },
  limited: { outcome: "not_pinged", reason: 207 },
  duplicate: { outcome: "rejected", reason: 302 },
  expired: { outcome: "rejected", reason: 303 },
} as const satisfies Record<Exclude<Answer, "bid">, { outcome: string; reason: number }>;

/** Tells an auction of an RTB group, or of one buyer alone: the highest bid at or above the minimum wins. */
export function tellAuction(scene: Scene, { seconds, inbound_request_id, ending, called, alone }: { seconds: number; inbound_request_id: string | null; ending: AuctionEnding; called: boolean; alone?: boolean }): Auction {
  const { random, story, terms } = scene;
  const auction_id = `auc_${story}`;
  const minimum_bid = terms.payout;
  const invited = alone ? [scene.buyer] : buyers;
  const certain = random.int(0, invited.length - 1);
  const asked = invited.map((buyer, index) => {
    const drawn = random.weighted(answers);
    const percent = random.int(45, 150);
    const sure = index === certain && ending !== "no_winner";
    const bid = roundToCents((minimum_bid * (sure && percent < 102 ? 205 - percent : ending === "no_winner" ? Math.min(percent, 97) : percent)) / 100);
    return { buyer, request_id: `req_out_${story}_${index + 1}`, answer: sure ? ("bid" as const) : drawn, bid };
  });
  const best = ending === "won" ? asked.filter(({ answer, bid }) => answer === "bid" && bid >= minimum_bid).toSorted((a, b) => b.bid - a.bid)[0] : undefined;
  for (const each of asked) {
    const low = each.bid < minimum_bid;
    const compared = each === best ? ({ outcome: "won", reason: null } as const) : low ? ({ outcome: "rejected", reason: 301 } as const) : ({ outcome: "lost", reason: best ? 401 : 402 } as const);
    tellBid(scene, each, { seconds, ...(each.answer === "bid" ? compared : endings[each.answer]), auction_id, minimum_bid, winning_bid: best?.bid ?? null, inbound_request_id, called, in_group: !alone });
  }
  return { auction_id, minimum_bid, asked: invited.length, ...(best && { winner: best }) };
}

function roundToCents(micros: number): number {
  return Math.round(micros / 10_000) * 10_000;
}
