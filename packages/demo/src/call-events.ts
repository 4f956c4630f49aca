import type { CallProgress } from "./call-progress.ts";
import { dailyCap } from "./fixtures.ts";
import { addCallEvent, type Call, type StoryContext } from "./story-context.ts";

/** Seconds after which a connected call has an event. */
const connectedMarks = [5, 15, 30, 45, 60];

/** Adds the events of a call, from ringing to its end. */
export function addCallEvents(context: StoryContext, call: Call, progress: CallProgress): void {
  addRoutingEvents(context, call);
  const { rings, answered, live } = progress;
  if (!answered) {
    addCallEvent(context, {
      seconds: rings,
      type: "call.failure",
      message: `Not answered: ${call.hangup_cause}. No payout: ${noPayout(context, call, 0)}`,
      level: "error",
      data: { hangup_cause: call.hangup_cause ?? null, ...payoutNumbers(context, call, 0) },
    });
    return;
  }
  addConnectedEvents(context, call, progress);
  if (!live) addEndEvents(context, call, progress);
}

function addRoutingEvents(context: StoryContext, call: Call): void {
  addCallEvent(context, { seconds: 0, type: "call.incoming", message: `${call.dialed_number} was dialled` });
  addCallEvent(context, {
    seconds: 0.2,
    type: "routing.plan_resolved",
    message: `Routed to ${call.dial_name}`,
    data: { dial_type: call.dial_type ?? null },
  });
  if (call.target_name)
    addCallEvent(context, { seconds: 0.3, type: "routing.target_selected", message: call.target_name });
}

function addConnectedEvents(context: StoryContext, call: Call, { rings, connected }: CallProgress): void {
  addCallEvent(context, { seconds: rings, type: "call.connected", message: `Answered by ${call.buyer_name}` });
  for (const mark of connectedMarks)
    if (connected >= mark)
      addCallEvent(context, {
        seconds: rings + mark,
        type: `call.on_${mark}_secs_mark`,
        message: `Connected for ${mark} seconds`,
      });
}

function addEndEvents(context: StoryContext, call: Call, { length, connected }: CallProgress): void {
  addCallEvent(context, {
    seconds: length,
    type: "call.hangup",
    message: `Hung up after ${connected} s by the ${call.hangup_source}`,
    data: { connected_seconds: connected },
  });
  addCallEvent(context, {
    seconds: length + 2,
    type: "call.completed",
    message: call.no_payout_reason ? `No payout: ${noPayout(context, call, connected)}` : "Pays",
    level: call.no_payout_reason ? "warning" : "info",
    data: payoutNumbers(context, call, connected),
  });
  if (call.converted)
    addCallEvent(context, {
      seconds: length + 2,
      type: "call.converted",
      message: `Revenue ${call.revenue_paid_out?.toFixed(2)} USD`,
      data: {
        revenue_paid_out: call.revenue_paid_out ?? null,
        publisher_paid_out: call.publisher_paid_out ?? null,
      },
    });
}

/** Why the call does not pay, with the numbers. */
function noPayout({ terms }: StoryContext, { no_payout_reason }: Call, connected: number): string {
  const numbers =
    no_payout_reason === "Caps exceeded"
      ? `${dailyCap} of ${dailyCap} calls`
      : `${connected} s of ${terms.pays_from_seconds} s`;
  return `${no_payout_reason} (${numbers})`;
}

/** The numbers by which it was decided whether the call pays. */
function payoutNumbers({ terms }: StoryContext, { no_payout_reason = null }: Call, connected: number) {
  return {
    no_payout_reason,
    connected_seconds: connected,
    pays_from_seconds: terms.pays_from_seconds,
    ...(no_payout_reason === "Caps exceeded" && { calls_today: dailyCap, daily_cap: dailyCap }),
  };
}
