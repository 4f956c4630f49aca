import { z } from "zod";
import { callFields } from "../records/call-fields.ts";
import { withCallerRef } from "../records/shared-fields.ts";

const {
  call_log_id,
  started_at,
  status,
  duration_seconds,
  connected_seconds,
  converted,
  call_converted_at,
  revenue_paid_out,
  publisher_paid_out,
  no_payout_reason,
  caller_ref,
} = withCallerRef(callFields);

/** The call behind a request, and what it came to: shown on the details of RTB and webhook requests. */
const RelatedCall = z
  .strictObject({
    call_log_id,
    started_at,
    status,
    caller_ref,
    duration_seconds,
    connected_seconds,
    converted,
    call_converted_at,
    revenue_paid_out,
    publisher_paid_out,
    no_payout_reason,
  })
  .meta({ id: "RelatedCall", title: "Related call", description: "The call behind the request, and what it came to." });

/** The call behind a request, or null. */
export const relatedCall = RelatedCall.nullable().meta({
  title: "Call",
  description: "The call behind the request and its outcome; null when there is none, or when it is not recorded.",
});
