import { z } from "zod";
import { detail } from "../define/detail.ts";
import { anyIdOf, anyOf, range, statusClassFilter, updatedSinceFilter } from "../define/filters.ts";
import { list } from "../define/list.ts";
import { exampleIncoming, exampleIncomingDetail } from "../examples/webhook-request.ts";
import { incomingDetailFields } from "../records/webhook-request-details.ts";
import { incomingFields } from "../records/webhook-request-fields.ts";
import { withCallerRef } from "../records/shared-fields.ts";
import { relatedCall } from "./related-call.ts";

const fields = withCallerRef(incomingFields);
const row = z.strictObject(fields).meta({
  id: "IncomingWebhookRequest",
  title: "Incoming webhook request",
  description: "A system told Moja about a call.",
});

/** Incoming webhook request history. */
export const incomingWebhooks = {
  list: list({
    path: "/v1/webhooks/incoming-requests",
    tag: "Incoming webhooks",
    summary: "List incoming webhook requests",
    description:
      "What systems told Moja and what became of it, the newest first. Headers and bodies are in the detail.",
    row,
    id: "request_id",
    at: "received_at",
    filters: {
      ...anyIdOf(fields, "request_id", "transaction_id", "call_log_id", "caller_ref"),
      ...anyOf(
        fields,
        "webhook_id",
        "webhook_type",
        "method",
        "outcome",
        "error_code",
        "matched_by",
        "phone_number",
        "campaign_id",
        "publisher_id",
        "buyer_id",
        "url_host",
        "http_status",
      ),
      ...statusClassFilter,
      ...range(fields, "processing_time_ms"),
      ...updatedSinceFilter,
    },
    example: { input: { from: "2026-05-04", to: "2026-05-05", outcome: ["applied"] }, rows: [exampleIncoming] },
  }),
  get: detail({
    path: "/v1/webhooks/incoming-requests/{request_id}",
    tag: "Incoming webhooks",
    summary: "Get an incoming webhook request",
    description: "One incoming webhook request with its request, our response and what it changed.",
    id: "request_id",
    output: z.strictObject({ ...fields, ...incomingDetailFields, call: relatedCall }).meta({
      id: "IncomingWebhookRequestDetail",
      title: "Incoming webhook request detail",
      description: "An incoming webhook request with its request, response and changes.",
    }),
    example: { input: { request_id: "whin_2p6c" }, output: exampleIncomingDetail },
  }),
};
