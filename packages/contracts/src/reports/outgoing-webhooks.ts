import { z } from "zod";
import { detail } from "../define/detail.ts";
import { anyIdOf, anyOf, range, statusClassFilter, updatedSinceFilter } from "../define/filters.ts";
import { list } from "../define/list.ts";
import { exampleOutgoing, exampleOutgoingDetail } from "../examples/webhook-request.ts";
import { Attempt } from "../records/webhook-request-details.ts";
import { outgoingFields } from "../records/webhook-request-fields.ts";
import { relatedCall } from "./related-call.ts";

const row = z.strictObject(outgoingFields).meta({
  id: "OutgoingWebhookRequest",
  title: "Outgoing webhook request",
  description: "Moja tells a system about a call.",
});

/** Outgoing webhook request history. */
export const outgoingWebhooks = {
  list: list({
    path: "/v1/webhooks/outgoing-requests",
    tag: "Outgoing webhooks",
    summary: "List outgoing webhook requests",
    description:
      "What Moja told other systems and whether it was delivered, the newest first. Every attempt is in the detail.",
    row,
    id: "request_id",
    at: "created_at",
    filters: {
      ...anyIdOf(outgoingFields, "request_id", "call_log_id"),
      ...anyOf(
        outgoingFields,
        "webhook_id",
        "event_type",
        "method",
        "status",
        "error_code",
        "campaign_id",
        "publisher_id",
        "buyer_id",
        "url_host",
        "http_status",
      ),
      ...statusClassFilter,
      ...range(outgoingFields, "attempt_count", "response_time_ms"),
      ...updatedSinceFilter,
    },
    example: { input: { from: "2026-05-04", to: "2026-05-05", status: ["delivered"] }, rows: [exampleOutgoing] },
  }),
  get: detail({
    path: "/v1/webhooks/outgoing-requests/{request_id}",
    tag: "Outgoing webhooks",
    summary: "Get an outgoing webhook request",
    description: "One outgoing webhook request with every attempt: its request, response, timing and error.",
    id: "request_id",
    output: z
      .strictObject({
        ...outgoingFields,
        attempts: z.array(Attempt).meta({ title: "Attempts", description: "The attempts, in order." }),
        call: relatedCall,
      })
      .meta({
        id: "OutgoingWebhookRequestDetail",
        title: "Outgoing webhook request detail",
        description: "An outgoing webhook request with its attempts.",
      }),
    example: { input: { request_id: "whout_8r3n" }, output: exampleOutgoingDetail },
  }),
};
