import type { Call, Course, Route } from "./call.ts";
import { callEvent, dollars, usd, type Scene } from "./scene.ts";

const marks = [5, 15, 30, 45, 60];

/** Tells what happens to a call: routing, its auction, the connection and its marks, the hangup and what it came to. */
export function tellEvents(scene: Scene, call: Call, route: Route, { ending, rings, connected, length, done }: Course): void {
  const { terms } = scene;
  callEvent(scene, 0, "call.incoming", `${call.dialed_number} was dialled`);
  callEvent(scene, 0.2, "routing.plan_resolved", `Routed to ${call.dial_name}`, { data: { dial_type: call.dial_type ?? null, dial_type_id: call.dial_type_id ?? null } });
  tellRouting(scene, call, route);
  if (ending === "abandoned") return callEvent(scene, length, "call.hangup", "The caller hung up before there was a route", { level: "warning" });
  if (connected === 0) return callEvent(scene, length, "call.failure", `Not connected: ${call.hangup_cause?.replace("_", " ")}`, { level: "error", data: { hangup_cause: call.hangup_cause ?? null } });
  callEvent(scene, rings, "call.connected", `Answered by ${call.buyer_name}`, { data: { destination_number: call.destination_number ?? null } });
  for (const mark of marks) if (connected >= mark) callEvent(scene, rings + mark, `call.on_${mark}_secs_mark`, `Connected for ${mark} seconds`);
  callEvent(scene, length, "call.hangup", `The ${call.hangup_source} hung up after ${connected} s`, { data: { connected_seconds: connected } });
  const condition = ending === "near_miss" || ending === "short" ? ` (${connected} s of ${terms.pays_from_seconds} s)` : "";
  if (!call.no_payout_reason) callEvent(scene, done, "call.completed", `Pays: ${connected} s of ${terms.pays_from_seconds} s`);
  else callEvent(scene, done, "call.completed", `No payout: ${call.no_payout_reason.toLowerCase()}${condition}`, { level: "warning", data: { no_payout_reason: call.no_payout_reason } });
  if (call.converted) callEvent(scene, done + 0.01, "call.converted", `Revenue $${call.revenue_paid_out?.toFixed(2)}`, { data: { revenue_paid_out: call.revenue_paid_out ?? null } });
}

/** The steps between arrival and ringing; an auction that a ping has caused was over before. */
function tellRouting(scene: Scene, call: Call, { auction, inbound_request_id }: Route): void {
  if (call.target_name) callEvent(scene, 0.3, "routing.target_selected", call.target_name, { data: { target_id: call.target_id ?? null } });
  if (!auction || inbound_request_id) return;
  callEvent(scene, 0.3, "rtb.auction_started", `${auction.asked === 1 ? "1 buyer" : `${auction.asked} buyers`}, minimum ${dollars(auction.minimum_bid)}`, { data: { auction_id: auction.auction_id, minimum_bid: usd(auction.minimum_bid) } });
  if (auction.winner) callEvent(scene, 1.5, "rtb.auction_won", `${auction.winner.buyer.buyer_name} won with ${dollars(auction.winner.bid)}`, { data: { bid_amount: usd(auction.winner.bid) } });
  else callEvent(scene, 1.5, "rtb.auction_no_winner", "The caller was gone before the auction ended", { level: "warning" });
}
