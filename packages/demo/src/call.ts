import type { AuctionResult } from "./auction.ts";
import { ratesPerMinute } from "./fixtures.ts";
import { callEvent, type Call, type Scene } from "./story-context.ts";
import { tellIncoming, tellOutgoing } from "./webhooks.ts";

type Plot = {
  dial_type: "rtb_group" | "rtb" | "target" | "ivr" | "number" | "call_flow";
  inbound_request_id: string | null;
  auction?: AuctionResult;
  magic: boolean;
  live: boolean;
};

const marks = [5, 15, 30, 45, 60];

/** Tells a call from ringing to its last correction, with its events and webhooks; says whether it converted in the end. */
export function tellCall(scene: Scene, plot: Plot): boolean {
  const { random, at, terms } = scene;
  const buyer = plot.auction?.winner?.buyer ?? scene.buyer;
  scene.buyer = buyer;
  const answered = random.chance(88);
  const rings = random.int(4, 18);
  // Some calls end just before they would pay: the ones that people ask about.
  const connected = answered ? (random.chance(20) ? terms.pays_from_seconds - 6 : random.int(8, 900)) : 0;
  const length = rings + connected;
  const live = plot.live && answered;
  const magic = plot.magic && random.chance(15);
  const costKnown = !live && (magic || !plot.live);
  const rate = magic ? 0 : random.pick(ratesPerMinute);
  const billable = Math.ceil(connected / 6) * 6;
  const capped = random.chance(4);
  const pays = connected >= terms.pays_from_seconds && !capped;
  const settled = !live && answered;
  const call: Call = {
    kind: "call",
    call_log_id: scene.call_log_id,
    started_at: at(0),
    connected_at: answered ? at(rings) : null,
    ended_at: live ? null : at(length),
    completed_at: live ? null : at(length + 2),
    status: live ? "connected" : answered ? "completed" : "failed",
    ...scene.caller,
    caller_zip: scene.caller_zip,
    dialed_number: "+18885550100",
    ...scene.campaign,
    ...scene.publisher,
    buyer_id: buyer.buyer_id,
    buyer_name: buyer.buyer_name,
    ...routeOf(plot, buyer),
    destination_number: answered ? buyer.number : null,
    hangup_source: live ? null : random.pick(["caller", "destination"]),
    hangup_cause: live ? null : answered ? "normal" : random.pick(["busy", "no_answer"]),
    duration_seconds: live ? null : length,
    connected_seconds: live ? null : connected,
    billable_seconds: live ? null : billable,
    cost_per_min: costKnown ? rate : null,
    cost: costKnown ? Math.round((rate * 1e6 * billable) / 60) / 1e6 : null,
    moja_magic: magic && costKnown,
    revenue_paid_out: live ? null : pays ? terms.revenue : 0,
    publisher_paid_out: live ? null : pays ? terms.payout : 0,
    converted: settled && pays,
    call_converted_at: settled && pays ? at(length + 2) : null,
    no_payout_reason: settled && !pays ? (capped ? "Caps exceeded" : "Condition not met") : null,
    reason:
      settled && !pays
        ? capped
          ? `${buyer.buyer_name} has reached its daily cap`
          : `Connected ${connected} s, pays from ${terms.pays_from_seconds} s`
        : null,
    duplicate: random.chance(6),
    tags: random.chance(40) ? { source: random.pick(["search", "social", "display"]) } : {},
    inbound_request_id: plot.inbound_request_id,
    outbound_request_id: plot.auction?.winner?.request_id ?? null,
    auction_id: plot.auction?.auction_id ?? null,
    updated_at: at(length + 2),
  };
  scene.records.push(call);
  tellEvents(scene, call, { rings, connected, answered, live });
  if (live) return false;
  tellOutgoing(scene, length + 2, answered ? "call.completed" : "call.failure", call.call_log_id);
  if (call.converted) tellOutgoing(scene, length + 3, "call.converted", call.call_log_id);
  return call.converted || (settled && !plot.live && tellCorrections(scene, call, length));
}

function routeOf({ dial_type, auction }: Plot, buyer: Scene["buyer"]) {
  const none = { rtb_id: null, rtb_name: null, target_id: null, target_name: null };
  const rtb = auction?.winner && { rtb_id: auction.winner.buyer.rtb_id, rtb_name: auction.winner.buyer.rtb_name };
  if (dial_type === "rtb_group")
    return { dial_type, dial_type_id: "rtbgrp_main", dial_name: "All live buyers", ...none, ...rtb };
  if (dial_type === "rtb")
    return { dial_type, dial_type_id: rtb?.rtb_id ?? null, dial_name: rtb?.rtb_name ?? null, ...none, ...rtb };
  if (dial_type === "target")
    return {
      dial_type,
      dial_type_id: buyer.target_id,
      dial_name: buyer.target_name,
      ...none,
      target_id: buyer.target_id,
      target_name: buyer.target_name,
    };
  return { dial_type, dial_type_id: `${dial_type}_main`, dial_name: `Main ${dial_type.replace("_", " ")}`, ...none };
}

function tellEvents(
  scene: Scene,
  call: Call,
  { rings, connected, answered, live }: { rings: number; connected: number; answered: boolean; live: boolean },
): void {
  callEvent(scene, 0, "call.incoming", `${call.dialed_number} was dialled`);
  callEvent(scene, 0.2, "routing.plan_resolved", `Routed to ${call.dial_name}`, {
    data: { dial_type: call.dial_type ?? null },
  });
  if (call.target_name) callEvent(scene, 0.3, "routing.target_selected", call.target_name);
  if (!answered)
    return callEvent(scene, rings, "call.failure", `Not answered: ${call.hangup_cause}`, { level: "error" });
  callEvent(scene, rings, "call.connected", `Answered by ${call.buyer_name}`);
  for (const mark of marks)
    if (connected >= mark) callEvent(scene, rings + mark, `call.on_${mark}_secs_mark`, `Connected for ${mark} seconds`);
  if (live) return;
  callEvent(scene, rings + connected, "call.hangup", `Hung up after ${connected} s by the ${call.hangup_source}`, {
    data: { connected_seconds: connected },
  });
  callEvent(
    scene,
    rings + connected + 2,
    "call.completed",
    call.no_payout_reason ? `No payout: ${call.no_payout_reason}` : "Pays",
    call.no_payout_reason ? { level: "warning" } : {},
  );
  if (call.converted)
    callEvent(scene, rings + connected + 2, "call.converted", `Revenue $${call.revenue_paid_out?.toFixed(2)}`);
}

/** What comes later to a call that did not pay: a review, and now and then a revenue update that makes it pay, sent twice. */
function tellCorrections(scene: Scene, call: Call, length: number): boolean {
  const { random, at, terms } = scene;
  const id = call.call_log_id;
  if (random.chance(10))
    tellIncoming(scene, length + 120, "update_tags", {
      outcome: "applied",
      call_log_id: id,
      changes: [{ field: "tags.quality", before: null, after: "reviewed" }],
    });
  if (!random.chance(12)) return false;
  const later = length + 600;
  const { revenue, payout } = terms;
  tellIncoming(scene, later, "update_revenue", {
    outcome: "applied",
    call_log_id: id,
    changes: [{ field: "revenue_paid_out", before: call.revenue_paid_out ?? null, after: revenue }],
  });
  tellIncoming(scene, later + 5, "update_revenue", { outcome: "duplicate", call_log_id: id });
  callEvent(scene, later, "call.revenue_updated", `Revenue set to $${revenue.toFixed(2)} by the buyer`, {
    data: { revenue_paid_out: revenue },
  });
  scene.records.push({
    ...call,
    revenue_paid_out: revenue,
    publisher_paid_out: payout,
    converted: true,
    call_converted_at: at(later),
    no_payout_reason: null,
    reason: "Sale confirmed by the buyer",
    updated_at: at(later),
  });
  return true;
}
