import { eventFields } from "../define/timeline.ts";
import { exampleCallEventRecords } from "../examples/call.ts";
import { exampleRtbEventRecords } from "../examples/life-log.ts";
import { Count, Id } from "../fields.ts";
import { defineRecord } from "./define-record.ts";
import { updatedAt } from "./shared-fields.ts";

const eventId = Id.meta({
  title: "Event id",
  description: "Unique among the events of its call or request; events of one millisecond stand in its order.",
});

/** An event of a call: arrives in any order, also before its call. */
export const callEvent = defineRecord({
  kind: "call_event",
  id: "CallEventRecord",
  title: "Call event, written",
  description: "An event of a call, in any order, also before its call.",
  key: ["call_log_id", "event_id"],
  at: "occurred_at",
  fields: {
    call_log_id: Id.meta({ title: "Call log id", description: "The call that the event belongs to." }),
    event_id: eventId,
    ...eventFields,
    updated_at: updatedAt,
  },
  examples: exampleCallEventRecords,
});

/** An event of an RTB request: arrives in any order, also before its request. */
export const rtbEvent = defineRecord({
  kind: "rtb_event",
  id: "RtbEventRecord",
  title: "RTB event, written",
  description: "An event of an RTB request, in any order, also before its request.",
  key: ["request_id", "event_id"],
  at: "occurred_at",
  fields: {
    request_id: Id.meta({ title: "Request id", description: "The RTB request that the event belongs to." }),
    event_id: eventId,
    ...eventFields,
    step: Count.nullable().meta({
      title: "Step",
      description: "The number of the step, from 1; null for the request as a whole.",
      examples: [1],
    }),
    updated_at: updatedAt,
  },
  examples: exampleRtbEventRecords,
});
