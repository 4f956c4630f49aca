import type { z } from "zod";
import type { callFields } from "../records/call-fields.ts";
import { at, auction_id, call_log_id, caller, caller_ref, inbound_request_id, occurred, parties } from "./story.ts";

/** The call as producers write it. */
export const exampleCallRecord: z.output<z.ZodObject<typeof callFields>> = {
  call_log_id,
  started_at: at(0),
  connected_at: at(9),
  ended_at: at(93),
  completed_at: at(95),
  status: "completed",
  ...caller,
  caller_zip: "90012",
  dialed_number: "+18885550100",
  ...parties,
  dial_type: "rtb_group",
  dial_type_id: "rtbgrp_7",
  dial_name: "Medicare buyers",
  rtb_id: "rtb_456",
  rtb_name: "Clearwater live bids",
  target_id: null,
  target_name: null,
  destination_number: "+18005550177",
  hangup_source: "caller",
  hangup_cause: "normal",
  duration_seconds: 93,
  connected_seconds: 84,
  billable_seconds: 84,
  cost_per_min: 0.00845,
  cost: 0.01183,
  moja_magic: false,
  revenue_paid_out: 0,
  publisher_paid_out: 0,
  converted: false,
  call_converted_at: null,
  no_payout_reason: "Condition not met",
  reason: "Connected 84 s, the buyer pays from 90 s",
  duplicate: false,
  recording_url: null,
  tags: { quality: "reviewed", source: "search" },
  inbound_request_id,
  outbound_request_id: "req_out_c1",
  auction_id,
  updated_at: at(400),
};

/** The call's own events. */
export const callEvents = [
  { event_id: "e1", seconds: 0, type: "call.incoming", level: "info", message: "+18885550100 was dialled", data: null },
  {
    event_id: "e2",
    seconds: 0.2,
    type: "routing.plan_resolved",
    level: "info",
    message: "Routed to the RTB group Medicare buyers",
    data: { dial_type: "rtb_group", dial_type_id: "rtbgrp_7" },
  },
  {
    event_id: "e3",
    seconds: 9,
    type: "call.connected",
    level: "info",
    message: "Answered by Clearwater Benefits",
    data: null,
  },
  {
    event_id: "e4",
    seconds: 69,
    type: "call.on_60_secs_mark",
    level: "info",
    message: "Connected for 60 seconds",
    data: null,
  },
  {
    event_id: "e5",
    seconds: 93,
    type: "call.hangup",
    level: "info",
    message: "The caller hung up after 84 s",
    data: { connected_seconds: 84 },
  },
  {
    event_id: "e6",
    seconds: 95,
    type: "call.completed",
    level: "warning",
    message: "No payout: condition not met (84 s of 90 s)",
    data: { no_payout_reason: "Condition not met", connected_seconds: 84, pays_from_seconds: 90 },
  },
] as const;
/** The call's events as producers write them. */
export const exampleCallEventRecords = callEvents.map((each) => ({
  call_log_id,
  ...occurred(each),
  updated_at: at(95),
}));

/** The call as it is shown beside the requests that belong to it. */
export const related = {
  call_log_id,
  started_at: exampleCallRecord.started_at,
  status: exampleCallRecord.status,
  caller_ref,
  duration_seconds: 93,
  connected_seconds: 84,
  converted: false,
  call_converted_at: null,
  revenue_paid_out: 0,
  publisher_paid_out: 0,
  no_payout_reason: exampleCallRecord.no_payout_reason,
};

/** The call's row. */
export const exampleCall = { ...exampleCallRecord, caller_ref, profit: -0.01183 };
