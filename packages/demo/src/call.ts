import type { AuctionResult } from "./auction.ts";
import { generateCorrections } from "./call-corrections.ts";
import { addCallEvents } from "./call-events.ts";
import { drawProgress, type CallProgress } from "./call-progress.ts";
import { dailyCap } from "./fixtures.ts";
import type { Call, StoryContext } from "./story-context.ts";
import { addOutgoingWebhook } from "./outgoing-webhook.ts";

/** How a call is generated. */
export type CallOptions = {
  dial_type: "rtb_group" | "rtb" | "target" | "ivr" | "number" | "call_flow";
  inbound_request_id: string | null;
  auction?: AuctionResult;
  /** Whether Moja Magic may apply. */
  magic: boolean;
  /** Whether the call may still be going on. */
  live: boolean;
};

/**
 * Generates a call from ringing to its last correction, with its events and webhooks. Returns whether it converted in
 * the end.
 */
export function generateCall(context: StoryContext, options: CallOptions): boolean {
  context.buyer = options.auction?.winner?.buyer ?? context.buyer;
  const progress = drawProgress(context, options);
  const call = drawCall(context, options, progress);
  context.records.push(call);
  addCallEvents(context, call, progress);
  const { live, answered, length } = progress;
  if (live) return false;
  addOutgoingWebhook(context, length + 2, answered ? "call.completed" : "call.failure");
  if (call.converted) addOutgoingWebhook(context, length + 3, "call.converted");
  return progress.isPaid || (answered && !options.live && generateCorrections(context, call, length));
}

function drawCall(context: StoryContext, options: CallOptions, progress: CallProgress): Call {
  const { random, at, buyer } = context;
  const { rings, length, answered, isPaid } = progress;
  const end = progress.live ? withoutEnd : drawEnd(context, progress);
  return {
    kind: "call",
    call_log_id: context.call_log_id,
    started_at: at(0),
    connected_at: answered ? at(rings) : null,
    status: statusOf(progress),
    ...context.caller,
    caller_zip: context.caller_zip,
    dialed_number: "+18885550100",
    ...context.campaign,
    ...context.publisher,
    buyer_id: buyer.buyer_id,
    buyer_name: buyer.buyer_name,
    ...routeOf(options, buyer),
    destination_number: answered ? buyer.number : null,
    ...end,
    ...costOf(progress),
    converted: isPaid,
    call_converted_at: isPaid ? at(length + 2) : null,
    ...noPayoutReason(context, progress, end.hangup_cause),
    duplicate: random.chance(6),
    tags: random.chance(40) ? { source: random.pick(["search", "social", "display"]) } : {},
    inbound_request_id: options.inbound_request_id,
    outbound_request_id: options.auction?.winner?.request_id ?? null,
    auction_id: options.auction?.auction_id ?? null,
    updated_at: at(length + 2),
  };
}

function statusOf({ live, answered }: CallProgress): Call["status"] {
  if (live) return "connected";
  return answered ? "completed" : "failed";
}

/** The fields that a call has only when it has ended. */
const withoutEnd = {
  ended_at: null,
  completed_at: null,
  hangup_source: null,
  hangup_cause: null,
  duration_seconds: null,
  connected_seconds: null,
  billable_seconds: null,
  revenue_paid_out: null,
  publisher_paid_out: null,
};

function drawEnd({ random, at, terms }: StoryContext, progress: CallProgress): Pick<Call, keyof typeof withoutEnd> {
  const { length, connected, billable, answered, pays } = progress;
  return {
    ended_at: at(length),
    completed_at: at(length + 2),
    hangup_source: random.pick(["caller", "destination"]),
    hangup_cause: answered ? "normal" : random.pick(["busy", "no_answer"]),
    duration_seconds: length,
    connected_seconds: connected,
    billable_seconds: billable,
    revenue_paid_out: pays ? terms.revenue : 0,
    publisher_paid_out: pays ? terms.payout : 0,
  };
}

/** The carrier's cost, which for most recent calls is not known yet; in USD with six decimals. */
function costOf({ isCostKnown, magic, rate, billable }: CallProgress) {
  if (!isCostKnown) return { cost_per_min: null, cost: null, moja_magic: false };
  return { cost_per_min: rate, cost: Math.round((rate * 1e6 * billable) / 60) / 1e6, moja_magic: magic };
}

function noPayoutReason(
  { buyer, terms }: StoryContext,
  progress: CallProgress,
  hangup_cause: Call["hangup_cause"],
): Pick<Call, "no_payout_reason" | "reason"> {
  const { live, answered, pays, capped, connected } = progress;
  if (live || pays) return { no_payout_reason: null, reason: null };
  if (!answered)
    return {
      no_payout_reason: "Condition not met",
      reason: `Not answered (${hangup_cause}): connected 0 s of the ${terms.pays_from_seconds} s from which it pays`,
    };
  if (capped)
    return {
      no_payout_reason: "Caps exceeded",
      reason: `${buyer.buyer_name} has taken ${dailyCap} of ${dailyCap} calls today`,
    };
  return {
    no_payout_reason: "Condition not met",
    reason: `Connected ${connected} s of the ${terms.pays_from_seconds} s from which it pays`,
  };
}

function routeOf({ dial_type, auction }: CallOptions, buyer: StoryContext["buyer"]) {
  const none = { rtb_id: null, rtb_name: null, target_id: null, target_name: null };
  const rtb = auction?.winner && { rtb_id: auction.winner.buyer.rtb_id, rtb_name: auction.winner.buyer.rtb_name };
  const target = { target_id: buyer.target_id, target_name: buyer.target_name };
  switch (dial_type) {
    case "rtb_group":
      return { dial_type, dial_type_id: "rtbgrp_main", dial_name: "All live buyers", ...none, ...rtb };
    case "rtb":
      return { dial_type, dial_type_id: rtb?.rtb_id ?? null, dial_name: rtb?.rtb_name ?? null, ...none, ...rtb };
    case "target":
      return { dial_type, dial_type_id: buyer.target_id, dial_name: buyer.target_name, ...none, ...target };
    default:
      return {
        dial_type,
        dial_type_id: `${dial_type}_main`,
        dial_name: `Main ${dial_type.replace("_", " ")}`,
        ...none,
      };
  }
}
