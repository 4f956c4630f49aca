import type { Auction } from "./auction.ts";
import { tellCorrections } from "./corrections.ts";
import { tellEvents } from "./call-events.ts";
import { tellOutgoing } from "./outgoing.ts";
import { ratesPerMinute } from "./people.ts";
import { usd, type Scene, type Written } from "./scene.ts";

/** A call as the demo writes it. */
export type Call = Written<"call">;

/** How a call goes: it pays, ends just before it would, ends early, is over the cap, comes before the campaign pays, is not answered, or its caller leaves before there is a route. */
export type CallEnding = "pays" | "near_miss" | "short" | "capped" | "preconversion" | "unanswered" | "abandoned";

/** How a call is routed, and what led to it. */
export type Route = { dial_type: "rtb_group" | "rtb" | "target" | "ivr" | "number" | "call_flow"; inbound_request_id: string | null; auction?: Auction };

/** A call's course in seconds from its arrival. */
export type Course = { ending: CallEnding; rings: number; connected: number; length: number; done: number };

/** Carriers' prices arrive some time after a call. */
const ratedAfterSeconds = 600;
const noPayout = { near_miss: "Condition not met", short: "Condition not met", capped: "Caps exceeded", preconversion: "Campaign preconversion" } as const;

/** Tells a call from ringing to its last correction, with its events and webhooks, as far as it has come by now. */
export function tellCall(scene: Scene, route: Route, ending: CallEnding): { converted: boolean; settled_at: string } {
  const { random, records, happened } = scene;
  scene.buyer = route.auction?.winner?.buyer ?? scene.buyer;
  const course = courseOf(scene, route, ending);
  const call: Call = { ...arrival(scene, route), ...outcome(scene, course), ...money(scene, route, course) };
  tellEvents(scene, call, route, course);
  if (random.chance(20)) tellOutgoing(scene, 0.5, "call.incoming", call);
  if (happened(course.done)) {
    if (ending !== "abandoned") tellOutgoing(scene, course.done, call.status === "completed" ? "call.completed" : "call.failure", call);
    if (call.converted) tellOutgoing(scene, course.done + 1, "call.converted", call);
  }
  tellCorrections(scene, call, course);
  records.push(call);
  return { converted: call.converted ?? false, settled_at: call.updated_at };
}

function courseOf({ random, terms }: Scene, { auction }: Route, ending: CallEnding): Course {
  const pays = terms.pays_from_seconds;
  const rings = random.int(4, 18) + (auction ? 2 : 0);
  const long = random.int(pays, 900);
  const short = random.int(7, pays - 8);
  const connected = { pays: long, capped: long, preconversion: long, near_miss: pays - 6, short, unanswered: 0, abandoned: 0 }[ending];
  const length = ending === "abandoned" ? 1 : rings + connected;
  return { ending, rings, connected, length, done: length + 2 };
}

function arrival(scene: Scene, { dial_type, inbound_request_id, auction }: Route) {
  const { random, call_log_id, at, caller, caller_zip, dialed_number, campaign, publisher, buyer } = scene;
  const none = { rtb_id: null, rtb_name: null, target_id: null, target_name: null };
  const rtb = auction?.winner ? { rtb_id: buyer.rtb_id, rtb_name: buyer.rtb_name } : undefined;
  const dialled = {
    rtb_group: { dial_type_id: "rtbgrp_main", dial_name: "All live buyers", ...none, ...rtb },
    rtb: { dial_type_id: buyer.rtb_id, dial_name: buyer.rtb_name, ...none, ...rtb },
    target: { dial_type_id: buyer.target_id, dial_name: buyer.target_name, ...none, target_id: buyer.target_id, target_name: buyer.target_name },
    ivr: { dial_type_id: "ivr_main", dial_name: "Press 1 for an agent", ...none },
    number: { dial_type_id: "number_main", dial_name: "Office line", ...none },
    call_flow: { dial_type_id: "flow_main", dial_name: "Weekday flow", ...none },
  }[dial_type];
  const tags: Record<string, string> = random.chance(40) ? { source: random.pick(["search", "social", "display"]) } : {};
  const bought = auction && !auction.winner ? { buyer_id: null, buyer_name: null } : { buyer_id: buyer.buyer_id, buyer_name: buyer.buyer_name };
  return {
    kind: "call" as const, call_log_id, started_at: at(0), ...caller, caller_zip, dialed_number, ...campaign, ...publisher, ...bought, dial_type, ...dialled,
    duplicate: random.chance(6), tags, inbound_request_id, outbound_request_id: auction?.winner?.request_id ?? null, auction_id: auction?.auction_id ?? null,
  };
}

/** Where the call is by now. */
function outcome(scene: Scene, { ending, rings, connected, length, done }: Course) {
  const { random, at, happened, buyer, call_log_id } = scene;
  const source = random.pick(["caller", "caller", "destination"]);
  const cause = random.pick(["busy", "no_answer", "no_answer", "error"]);
  const recorded = random.chance(70);
  const [answered, over, complete] = [connected > 0 && happened(rings), happened(length), happened(done)];
  const failed = connected === 0;
  return {
    status: complete ? (failed ? ("failed" as const) : ("completed" as const)) : over ? ("hung_up" as const) : answered ? ("connected" as const) : ("incoming" as const),
    connected_at: answered ? at(rings) : null, ended_at: over ? at(length) : null, completed_at: complete ? at(done) : null,
    destination_number: ending === "abandoned" ? null : buyer.number,
    hangup_source: over ? (ending === "abandoned" ? "caller" : failed ? "system" : source) : null,
    hangup_cause: over ? (failed && ending !== "abandoned" ? cause : "normal") : null,
    duration_seconds: over ? length : null, connected_seconds: over ? connected : null, billable_seconds: over ? Math.ceil(connected / 6) * 6 : null,
    recording_url: complete && connected > 0 && recorded ? `https://recordings.moja.example/${call_log_id}.mp3` : null,
  };
}

/** What the call costs and brings, as far as it is known by now: null is "not known yet", zero is zero. */
function money(scene: Scene, { auction }: Route, course: Course) {
  const { random, at, happened, terms, buyer, magic } = scene;
  const { ending, connected, done } = course;
  const moja_magic = magic && buyer.on_network && ending !== "abandoned";
  const rate = moja_magic ? 0 : random.pick(ratesPerMinute);
  const rated_at = moja_magic ? 0 : done + ratedAfterSeconds;
  const rated = happened(rated_at);
  const decided = happened(done);
  const converted = decided && ending === "pays";
  const reason = ending === "near_miss" || ending === "short" ? `Connected ${connected} s, pays from ${terms.pays_from_seconds} s` : null;
  const updated = [rated_at, done, course.length, course.rings, 0].filter(happened);
  return {
    moja_magic, cost_per_min: rated ? usd(rate) : null, cost: rated ? usd(Math.round((rate * Math.ceil(connected / 6) * 6) / 60)) : null,
    revenue_paid_out: decided ? usd(converted ? (auction?.winner?.bid ?? terms.revenue) : 0) : null, publisher_paid_out: decided ? usd(converted ? terms.payout : 0) : null,
    converted, call_converted_at: converted ? at(done) : null, no_payout_reason: decided && ending in noPayout ? noPayout[ending as keyof typeof noPayout] : null,
    reason: decided ? reason : null, updated_at: at(Math.max(...updated)),
  };
}
