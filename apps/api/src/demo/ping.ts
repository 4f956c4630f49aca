import { reasonOf } from "@moja/contracts";
import type { Auction } from "./auction.ts";
import { dollars, jsonBody, rtbEvent, usd, type Scene } from "./scene.ts";

/** What became of a publisher's ping: an auction with what followed, or a refusal before any. */
export type PingEnding = { auction: Auction; call?: { converted: boolean; settled_at: string } } | { refusal: 105 | 204 | 205 | 100 };

const allocatedSeconds = 30;

/** Tells a publisher's ping as it came and as it was answered: allocated with its route, without a route, or refused. */
export function tellPing(scene: Scene, request_id: string, ending: PingEnding): void {
  const { at, asked_at, campaign, publisher, terms, call_log_id, records } = scene;
  const auction = "auction" in ending ? ending.auction : undefined;
  const call = "call" in ending ? ending.call : undefined;
  const anonymous = "refusal" in ending && ending.refusal === 105;
  const caller = anonymous ? { caller_id: null, caller_state: null } : scene.caller;
  const reason = "refusal" in ending ? ending.refusal : auction?.winner ? null : 208;
  const outcome = auction ? (auction.winner ? "allocated" : "no_routes") : reason === 100 ? "error" : "rejected";
  const inbound_rtb_id = `inbound_rtb_${publisher.publisher_id.slice(4)}_${campaign.campaign_id.slice(5)}`;
  const eligible_routes = auction?.winner ? [{ number: scene.dialed_number, payout: usd(terms.payout), duration: allocatedSeconds, payout_condition: "duration", payout_condition_duration: terms.pays_from_seconds }] : [];
  const common = { request_id, inbound_rtb_id, allocation_time_seconds: allocatedSeconds };
  const reply = reason === null
    ? { success: true, ...common, eligible_routes, total_routes: auction?.asked, allocated_count: 1, timestamp: at(asked_at + 1.7) }
    : { success: false, ...common, eligible_routes, total_routes: auction?.asked ?? 0, allocated_count: 0, timestamp: at(asked_at + 1.7), bidAmount: 0, rejectReason: reasonOf(reason).message };
  records.push({
    kind: "rtb_request", direction: "inbound", request_id, received_at: at(asked_at), inbound_rtb_id, inbound_rtb_name: `${publisher.publisher_name}, ${campaign.campaign_name}`, ...campaign, ...publisher, ...caller, caller_zip: anonymous ? null : scene.caller_zip,
    outcome, reason, best_payout: reason === null ? usd(terms.payout) : null, total_routes: auction?.asked ?? 0, allocated_count: eligible_routes.length, allocation_time_ms: reason === null ? allocatedSeconds * 1000 : null, http_status: reason === 100 ? 500 : 200,
    call_log_id: call ? call_log_id : null, converted: call?.converted ?? false, updated_at: call?.settled_at ?? at(asked_at + 1.8),
    ...asItCame(scene, inbound_rtb_id, caller), reply: jsonBody(reply), eligible_routes,
  });
  tellLifeLog(scene, request_id, { auction, called: call !== undefined, reason });
}

/** The request as it came, by GET or POST and with one of the names that callers' numbers have, and its parameters by their standard names. */
function asItCame({ random, publisher, caller_zip }: Scene, inbound_rtb_id: string, { caller_id, caller_state }: Scene["caller"]) {
  const name = random.pick(["CALLER_ID", "CALLER_ID", "caller_id", "cid"]);
  const method = random.chance(15) ? "POST" : "GET";
  const given = [{ name: "SUBID", value: `${publisher.publisher_id}-web` }, ...(caller_id ? [{ name, value: caller_id }] : []), ...(caller_id && caller_zip ? [{ name: "ZIP_CODE", value: caller_zip }] : [])];
  const address = `https://rtb.moja.example/inbound_rtb/${inbound_rtb_id}`;
  const headers = [{ name: "accept", value: "application/json" }, { name: "user-agent", value: "publisher-pings/2.1" }];
  const query = new URLSearchParams(given.map((each): [string, string] => [each.name, each.value]));
  const parameters = [...given.map((each) => (each.name === name ? { ...each, name: "CALLER_ID" } : each)), ...(caller_id && caller_state ? [{ name: "CALLER_STATE", value: caller_state }] : [])];
  const request = method === "GET" ? { method, url: `${address}?${query.toString()}`, query: given, headers } : { method, url: address, headers, body: jsonBody(Object.fromEntries(query)) };
  return { method, request, parameters };
}

function tellLifeLog(scene: Scene, request_id: string, { auction, called, reason }: { auction: Auction | undefined; called: boolean; reason: number | null }): void {
  const { asked_at, publisher, terms } = scene;
  const winner = auction?.winner;
  rtbEvent(scene, request_id, asked_at, ["inbound.received", `${publisher.publisher_name} asked for a route`]);
  if (auction) {
    rtbEvent(scene, request_id, asked_at + 0.4, ["rtb.auction_started", `${auction.asked} buyers, minimum ${dollars(auction.minimum_bid)}, 500 ms to answer`, { data: { auction_id: auction.auction_id, minimum_bid: usd(auction.minimum_bid) } }]);
    rtbEvent(scene, request_id, asked_at + 1.5, winner ? ["rtb.auction_won", `${winner.buyer.buyer_name} won with ${dollars(winner.bid)}`, { data: { bid_amount: usd(winner.bid) } }] : ["rtb.auction_no_winner", "No bid reached the minimum", { level: "warning" }]);
  }
  rtbEvent(scene, request_id, asked_at + 1.7, reason === null ? ["inbound.replied", `1 route offered at ${dollars(terms.payout)}`] : ["inbound.replied", `Refused: ${reasonOf(reason).message}`, { level: "warning", data: { reason_code: reason } }]);
  if (winner && !called) rtbEvent(scene, request_id, asked_at + 1.7 + allocatedSeconds, ["inbound.allocation_expired", `No call came within ${allocatedSeconds} s`, { level: "warning" }]);
}
