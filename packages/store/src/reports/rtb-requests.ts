import { contracts } from "@moja/contracts";
import { decoder } from "../database/column-codecs.ts";
import { findOneOrFail } from "../queries/find-one.ts";
import { toTimeline } from "../queries/timeline.ts";
import type { TenantScope } from "../tenant-scope.ts";
import { implementReport } from "./implement-report.ts";
import { findRelatedCall } from "./related-call.ts";

const [Inbound, Outbound] = contracts.rtbRequests.get.output.options;
const decodeInbound = decoder(Inbound.omit({ auctions: true, call: true }).shape).decode;
const decodeOutbound = decoder(Outbound.omit({ auction: true, call: true }).shape).decode;
const bids = decoder(Outbound.shape.auction.shape.bids.element.shape);
const event = contracts.rtbRequests.lifeLog.output.shape.data.element.omit({ sequence: true, offset_ms: true });
const events = decoder(event.shape);

/**
 * RTB request details and life-logs. Served by the primary key, `rtb_requests_by_auction`,
 * `rtb_requests_by_inbound_request` and `rtb_events_by_time`.
 */
export const rtbRequests = implementReport(contracts.rtbRequests, {
  get: async (tenant, { request_id }) => {
    const stored = await findOneOrFail(tenant, "rtb_requests", { request_id });
    if (stored["direction"] === "inbound") {
      const inbound = decodeInbound(stored);
      const auctions = await auctionsOf(tenant, { inbound_request_id: request_id });
      return { ...inbound, auctions, call: await findRelatedCall(tenant, inbound.call_log_id) };
    }
    const outbound = decodeOutbound(stored);
    const [auction] = await auctionsOf(tenant, { auction_id: outbound.auction_id });
    if (!auction) throw new Error(`The auction of ${request_id} has gone while it was read`);
    return { ...outbound, auction, call: await findRelatedCall(tenant, outbound.call_log_id) };
  },

  lifeLog: async (tenant, { request_id }) => {
    const { received_at, sent_at } = await findOneOrFail(tenant, "rtb_requests", { request_id });
    const stored = await tenant
      .from("rtb_events")
      .select("event_id", ...events.columns)
      .where({ request_id });
    const unordered = stored.map((event) => ({ ...events.decode(event), rank: 0, tie: String(event["event_id"]) }));
    return { data: toTimeline(unordered, new Date(Number(received_at ?? sent_at)).toISOString()) };
  },
});

/** The auctions that a condition names, each with every bid, the highest first. */
async function auctionsOf(tenant: TenantScope, where: { inbound_request_id: string } | { auction_id: string }) {
  const stored = await tenant
    .from("rtb_requests")
    .select("auction_id", "minimum_bid", "winning_bid", ...bids.columns)
    .where({ direction: "outbound", ...where })
    .orderBy(["sent_at", "request_id"]);
  return [...Map.groupBy(stored, ({ auction_id }) => String(auction_id))].map(([auction_id, rows]) => ({
    auction_id,
    minimum_bid: highest(rows.map((row) => row["minimum_bid"])),
    winning_bid: highest(rows.map((row) => row["winning_bid"])),
    bids: rows.map(bids.decode).sort((a, b) => (b.bid_amount ?? -1) - (a.bid_amount ?? -1)),
  }));
}

/** The highest of the amounts in micro-dollars, as USD. */
function highest(amounts: unknown[]): number | null {
  const known = amounts.filter((amount) => typeof amount === "number");
  return known.length ? Math.max(...known) / 1e6 : null;
}
