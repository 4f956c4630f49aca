import { contracts } from "@moja/contracts";
import { decoder } from "../database/column-codecs.ts";
import type { StoredRow } from "../database/row-types.ts";
import { findOneOrFail } from "../queries/find-one.ts";
import { rowsBy } from "../queries/rows-by.ts";
import { toTimeline } from "../queries/timeline.ts";
import type { TenantScope } from "../tenant-scope.ts";
import { implementReport } from "./implement-report.ts";
import { inboundEvents, mergeRecorded, outboundEvents } from "./life-log.ts";
import { findCall, findCallOfBid, findRelatedCall } from "./related-call.ts";
import { outboundRow } from "./rtb-decisions.ts";

const [Inbound, Outbound] = contracts.rtbRequests.get.output.options;
const decodeInboundDetail = decoder(Inbound.omit({ auctions: true, call: true }).shape).decode;
const decodeOutboundDetail = decoder(Outbound.omit({ auction: true, call: true }).shape).decode;
const bids = decoder(Outbound.shape.auction.shape.bids.element.shape);
const event = contracts.rtbRequests.lifeLog.output.shape.data.element.omit({
  sequence: true,
  offset_ms: true,
  recorded: true,
});
const events = decoder(event.shape);

/**
 * RTB request details and life-logs. Served by the primary key, `rtb_requests_by_auction`,
 * `rtb_requests_by_inbound_request` and `rtb_events_by_time`.
 */
export const rtbRequests = implementReport(contracts.rtbRequests, {
  get: async (tenant, { request_id }) => {
    const stored = await findOneOrFail(tenant, "rtb_requests", { request_id });
    if (stored["direction"] === "inbound") {
      const inbound = decodeInboundDetail(stored);
      const auctions = await auctionsOf(tenant, { inbound_request_id: request_id });
      return { ...inbound, auctions, call: await findRelatedCall(tenant, inbound.call_log_id) };
    }
    const outbound = decodeOutboundDetail({ ...stored, call_log_id: await findCallOfBid(tenant, request_id) });
    const [auction] = await auctionsOf(tenant, { auction_id: outbound.auction_id });
    if (!auction) throw new Error(`The auction of ${request_id} has gone while it was read`);
    return { ...outbound, auction, call: await findRelatedCall(tenant, outbound.call_log_id) };
  },

  lifeLog: async (tenant, { request_id }) => {
    const request = await findOneOrFail(tenant, "rtb_requests", { request_id });
    const columns = ["event_id", ...events.columns];
    const stored = await rowsBy(tenant, "rtb_events", { where: { request_id }, columns });
    const recorded = stored.map((event) => ({ ...events.decode(event), tie: String(event["event_id"]) }));
    const begunAt = new Date(Number(request["received_at"] ?? request["sent_at"])).toISOString();
    return { data: toTimeline(mergeRecorded(await madeEvents(tenant, request), recorded), begunAt) };
  },
});

/** The events that are made from what is recorded of a request, its auctions and its call. */
async function madeEvents(tenant: TenantScope, stored: StoredRow) {
  const request_id = String(stored["request_id"]);
  if (stored["direction"] === "inbound") {
    const request = decodeInboundDetail(stored);
    const bids = await bidsOf(tenant, { inbound_request_id: request_id });
    return inboundEvents({ request, bids: bids.map(outboundRow.decode) }, await findCall(tenant, request.call_log_id));
  }
  const request = decodeOutboundDetail(stored);
  const bids = await bidsOf(tenant, { auction_id: request.auction_id });
  const call = await findCall(tenant, await findCallOfBid(tenant, request_id));
  return outboundEvents({ request, steps: request.steps, bids: bids.map(outboundRow.decode) }, call);
}

type Auctions = { inbound_request_id: string } | { auction_id: string };

/** The bids of the auctions that a condition names, in the order in which they were sent. */
function bidsOf(tenant: TenantScope, where: Auctions): Promise<StoredRow[]> {
  return rowsBy(tenant, "rtb_requests", {
    where: { direction: "outbound", ...where },
    columns: outboundRow.columns,
    order: ["sent_at", "request_id"],
  });
}

/** The auctions that a condition names, each with every bid, the highest first. */
async function auctionsOf(tenant: TenantScope, where: Auctions) {
  const stored = await bidsOf(tenant, where);
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
