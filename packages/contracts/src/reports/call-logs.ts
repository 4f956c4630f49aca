import { z } from "zod";
import { detail } from "../define/detail.ts";
import { anyIdOf, anyOf, booleanFilter, range, tagFilter, updatedSinceFilter } from "../define/filters.ts";
import { list } from "../define/list.ts";
import { timeline, TimelineEvent } from "../define/timeline.ts";
import { exampleCall } from "../examples/call.ts";
import { exampleTimeline } from "../examples/timeline.ts";
import { callFields, profitField } from "../records/call-fields.ts";
import { withCallerRef } from "../records/shared-fields.ts";

const {
  no_payout_reason,
  reason,
  duplicate,
  recording_url,
  tags,
  inbound_request_id,
  outbound_request_id,
  auction_id,
  updated_at,
  converted,
  call_converted_at,
  ...before
} = callFields;

/** The fields of a call log row: the call as written, the caller's reference and the profit. */
const callLogFields = withCallerRef({
  ...before,
  profit: profitField,
  converted,
  call_converted_at,
  no_payout_reason,
  reason,
  duplicate,
  recording_url,
  tags,
  inbound_request_id,
  outbound_request_id,
  auction_id,
  updated_at,
});

const CallLog = z
  .strictObject(callLogFields)
  .meta({ id: "CallLog", title: "Call", description: "A call with its costs, payouts and attribution." });

/** Call log with cost and attribution, and call lifecycle timelines. */
export const callLogs = {
  list: list({
    path: "/v1/call-logs",
    tag: "Call log",
    summary: "List calls",
    description: "Calls with their costs, payouts and attribution, the newest first.",
    row: CallLog,
    id: "call_log_id",
    at: "started_at",
    filters: {
      ...anyIdOf(callLogFields, "call_log_id", "inbound_request_id", "outbound_request_id", "auction_id", "caller_ref"),
      ...anyOf(
        callLogFields,
        "status",
        "caller_id",
        "caller_state",
        "dialed_number",
        "campaign_id",
        "publisher_id",
        "buyer_id",
        "dial_type",
        "dial_type_id",
        "rtb_id",
        "target_id",
        "destination_number",
        "hangup_source",
        "hangup_cause",
        "no_payout_reason",
      ),
      ...booleanFilter(callLogFields, "moja_magic", "converted", "duplicate"),
      ...tagFilter,
      ...range(
        callLogFields,
        "duration_seconds",
        "connected_seconds",
        "billable_seconds",
        "cost_per_min",
        "cost",
        "revenue_paid_out",
        "publisher_paid_out",
        "profit",
      ),
      ...updatedSinceFilter,
    },
    example: {
      input: { from: "2026-05-04", to: "2026-05-05", no_payout_reason: ["Condition not met"] },
      rows: [exampleCall],
    },
  }),
  get: detail({
    path: "/v1/call-logs/{call_log_id}",
    tag: "Call log",
    summary: "Get a call",
    description: "One call with its costs, payouts and attribution.",
    id: "call_log_id",
    output: CallLog,
    example: { input: { call_log_id: "call_7q2m4xk1" }, output: exampleCall },
  }),
  timeline: timeline({
    path: "/v1/call-logs/{call_log_id}/timeline",
    tag: "Call log",
    summary: "Get a call's timeline",
    description:
      "Why did this call not pay? The call as its row has it, with its reason and its money, then its own events " +
      "merged with its RTB and webhook requests, in order.",
    id: "call_log_id",
    head: { call: CallLog },
    event: TimelineEvent,
    example: { input: { call_log_id: "call_7q2m4xk1" }, head: { call: exampleCall }, events: exampleTimeline },
  }),
};
