import type { AuctionResult } from "./auction.ts";
import { ratesPerMinute } from "./fixtures.ts";
import { addCallEvent, type Call, type StoryContext } from "./story-context.ts";
import { generateIncomingWebhook, generateOutgoingWebhook } from "./webhooks.ts";

type CallOptions = {
  dial_type: "rtb_group" | "rtb" | "target" | "ivr" | "number" | "call_flow";
  inbound_request_id: string | null;
  auction?: AuctionResult;
  magic: boolean;
  live: boolean;
};

const connectedMarks = [5, 15, 30, 45, 60];

/** Tells a call from ringing to its last correction, with its events and webhooks; says whether it converted in the end. */
export function generateCall(context: StoryContext, options: CallOptions): boolean {
  const { random, at, terms } = context;
  const buyer = options.auction?.winner?.buyer ?? context.buyer;
  context.buyer = buyer;
  const answered = random.chance(88);
  const rings = random.int(4, 18);
  // Some calls end just before they would pay: the ones that people ask about.
  const connected = answered ? (random.chance(20) ? terms.pays_from_seconds - 6 : random.int(8, 900)) : 0;
  const length = rings + connected;
  const live = options.live && answered;
  const magic = options.magic && random.chance(15);
  const costKnown = !live && (magic || !options.live);
  const rate = magic ? 0 : random.pick(ratesPerMinute);
  const billable = Math.ceil(connected / 6) * 6;
  const capped = random.chance(4);
  const pays = connected >= terms.pays_from_seconds && !capped;
  const isFinal = !live && answered;
  const call: Call = {
    kind: "call",
    call_log_id: context.call_log_id,
    started_at: at(0),
    connected_at: answered ? at(rings) : null,
    ended_at: live ? null : at(length),
    completed_at: live ? null : at(length + 2),
    status: live ? "connected" : answered ? "completed" : "failed",
    ...context.caller,
    caller_zip: context.caller_zip,
    dialed_number: "+18885550100",
    ...context.campaign,
    ...context.publisher,
    buyer_id: buyer.buyer_id,
    buyer_name: buyer.buyer_name,
    ...routeOf(options, buyer),
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
    converted: isFinal && pays,
    call_converted_at: isFinal && pays ? at(length + 2) : null,
    no_payout_reason: isFinal && !pays ? (capped ? "Caps exceeded" : "Condition not met") : null,
    reason:
      isFinal && !pays
        ? capped
          ? `${buyer.buyer_name} has reached its daily cap`
          : `Connected ${connected} s, pays from ${terms.pays_from_seconds} s`
        : null,
    duplicate: random.chance(6),
    tags: random.chance(40) ? { source: random.pick(["search", "social", "display"]) } : {},
    inbound_request_id: options.inbound_request_id,
    outbound_request_id: options.auction?.winner?.request_id ?? null,
    auction_id: options.auction?.auction_id ?? null,
    updated_at: at(length + 2),
  };
  context.records.push(call);
  generateCallEvents(context, call, { rings, connected, answered, live });
  if (live) return false;
  generateOutgoingWebhook(context, length + 2, answered ? "call.completed" : "call.failure", call.call_log_id);
  if (call.converted) generateOutgoingWebhook(context, length + 3, "call.converted", call.call_log_id);
  return call.converted || (isFinal && !options.live && generateCorrections(context, call, length));
}

function routeOf({ dial_type, auction }: CallOptions, buyer: StoryContext["buyer"]) {
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

function generateCallEvents(
  context: StoryContext,
  call: Call,
  { rings, connected, answered, live }: { rings: number; connected: number; answered: boolean; live: boolean },
): void {
  addCallEvent(context, 0, "call.incoming", `${call.dialed_number} was dialled`);
  addCallEvent(context, 0.2, "routing.plan_resolved", `Routed to ${call.dial_name}`, {
    data: { dial_type: call.dial_type ?? null },
  });
  if (call.target_name) addCallEvent(context, 0.3, "routing.target_selected", call.target_name);
  if (!answered)
    return addCallEvent(context, rings, "call.failure", `Not answered: ${call.hangup_cause}`, { level: "error" });
  addCallEvent(context, rings, "call.connected", `Answered by ${call.buyer_name}`);
  for (const mark of connectedMarks)
    if (connected >= mark)
      addCallEvent(context, rings + mark, `call.on_${mark}_secs_mark`, `Connected for ${mark} seconds`);
  if (live) return;
  addCallEvent(context, rings + connected, "call.hangup", `Hung up after ${connected} s by the ${call.hangup_source}`, {
    data: { connected_seconds: connected },
  });
  addCallEvent(
    context,
    rings + connected + 2,
    "call.completed",
    call.no_payout_reason ? `No payout: ${call.no_payout_reason}` : "Pays",
    call.no_payout_reason ? { level: "warning" } : {},
  );
  if (call.converted)
    addCallEvent(context, rings + connected + 2, "call.converted", `Revenue $${call.revenue_paid_out?.toFixed(2)}`);
}

/** What comes later to a call that did not pay: a review, and now and then a revenue update that makes it pay, sent twice. */
function generateCorrections(context: StoryContext, call: Call, length: number): boolean {
  const { random, at, terms } = context;
  const id = call.call_log_id;
  if (random.chance(10))
    generateIncomingWebhook(context, length + 120, "update_tags", {
      outcome: "applied",
      call_log_id: id,
      changes: [{ field: "tags.quality", before: null, after: "reviewed" }],
    });
  if (!random.chance(12)) return false;
  const later = length + 600;
  const { revenue, payout } = terms;
  generateIncomingWebhook(context, later, "update_revenue", {
    outcome: "applied",
    call_log_id: id,
    changes: [{ field: "revenue_paid_out", before: call.revenue_paid_out ?? null, after: revenue }],
  });
  generateIncomingWebhook(context, later + 5, "update_revenue", { outcome: "duplicate", call_log_id: id });
  addCallEvent(context, later, "call.revenue_updated", `Revenue set to $${revenue.toFixed(2)} by the buyer`, {
    data: { revenue_paid_out: revenue },
  });
  context.records.push({
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
