import { contracts } from "@moja/contracts";
import { reader } from "../database/column-codecs.ts";
import { found } from "../queries/find-one.ts";
import { inOrder } from "../queries/timeline.ts";
import type { Scope } from "../tenant-scope.ts";
import { relatedCall } from "./related-call.ts";

const [Inbound, Outbound] = contracts.rtbRequests.get.output.options;
const { auctions: __, call: ___, ...inboundShape } = Inbound.shape;
const { auction: ____, call: _____, ...outboundShape } = Outbound.shape;
const readInbound = reader(inboundShape).read;
const readOutbound = reader(outboundShape).read;
const bids = reader(Outbound.shape.auction.shape.bids.element.shape);
const { sequence: _s, offset_ms: _o, ...eventShape } = contracts.rtbRequests.lifeLog.output.shape.data.element.shape;
const events = reader(eventShape);

/** RTB request details and life-logs. Served by the primary key, `rtb_requests_by_auction`, `rtb_requests_by_inbound_request` and `rtb_events_by_time`. */
export const rtbRequests = {
  get: async (scope: Scope, { request_id }: { request_id: string }) => {
    const stored = await found(scope, "rtb_requests", { request_id });
    if (stored["direction"] === "inbound") {
      const inbound = readInbound(stored);
      const auctions = await auctionsOf(scope, { inbound_request_id: request_id });
      return { ...inbound, auctions, call: await relatedCall(scope, inbound.call_log_id) };
    }
    const outbound = readOutbound(stored);
    const [auction] = await auctionsOf(scope, { auction_id: outbound.auction_id });
    if (!auction) throw new Error(`The auction of ${request_id} has gone while it was read`);
    return { ...outbound, auction, call: await relatedCall(scope, outbound.call_log_id) };
  },

  lifeLog: async (scope: Scope, { request_id }: { request_id: string }) => {
    const { received_at, sent_at } = await found(scope, "rtb_requests", { request_id });
    const stored = await scope
      .from("rtb_events")
      .select("event_id", ...events.columns)
      .where({ request_id });
    const placed = stored.map((event) => ({ ...events.read(event), rank: 0, tie: String(event["event_id"]) }));
    return { data: inOrder(placed, new Date(Number(received_at ?? sent_at)).toISOString()) };
  },
};

/** The auctions that a condition names, each with every bid, the highest first. */
async function auctionsOf(scope: Scope, where: { inbound_request_id: string } | { auction_id: string }) {
  const stored = await scope
    .from("rtb_requests")
    .select("auction_id", "minimum_bid", "winning_bid", ...bids.columns)
    .where({ direction: "outbound", ...where })
    .orderBy(["sent_at", "request_id"]);
  return [...Map.groupBy(stored, ({ auction_id }) => String(auction_id))].map(([auction_id, rows]) => ({
    auction_id,
    minimum_bid: highest(rows.map((row) => row["minimum_bid"])),
    winning_bid: highest(rows.map((row) => row["winning_bid"])),
    bids: rows.map(bids.read).sort((a, b) => (b.bid_amount ?? -1) - (a.bid_amount ?? -1)),
  }));
}

/** The highest of the amounts in micro-dollars, as USD. */
function highest(amounts: unknown[]): number | null {
  const known = amounts.filter((amount) => typeof amount === "number");
  return known.length ? Math.max(...known) / 1e6 : null;
}
