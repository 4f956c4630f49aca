import { exampleWebhookAttemptRecords, exampleWebhookRequestRecords } from "../examples/webhook-request.ts";
import { json } from "../fields.ts";
import { defineRecord, defineRecordOfDirections, type Rule } from "./define-record.ts";
import { RecordedRequestInput, RecordedResponseInput } from "./http-message.ts";
import { updatedAt } from "./shared-fields.ts";
import { attemptFields, incomingDetailFields } from "./webhook-request-details.ts";
import { incomingFields, outgoingFields } from "./webhook-request-fields.ts";

const incomingRules: Rule<{ outcome: string; call_log_id: string | null }>[] = [
  [
    "call_log_id",
    (request) => request.outcome !== "unmatched" || request.call_log_id === null,
    "must be null when the outcome is unmatched",
  ],
];

const outgoingRules: Rule<{ status: string; delivered_at: string | null }>[] = [
  [
    "delivered_at",
    (request) => (request.status === "delivered") === (request.delivered_at !== null),
    "is needed when the status is delivered, and only then",
  ],
];

const httpMessagesInput = {
  request: json(RecordedRequestInput).nullable().meta({ title: "Request", description: "The request as it was sent." }),
  response: json(RecordedResponseInput)
    .nullable()
    .meta({ title: "Response", description: "The answer; null when there was none." }),
};

/** A webhook request of either direction: producers write the whole request, each time it changes. */
export const webhookRequest = defineRecordOfDirections({
  kind: "webhook_request",
  id: "WebhookRequestRecord",
  title: "Webhook request, written",
  description: "A webhook request of either direction, told apart by `direction`.",
  key: ["request_id"],
  directions: [
    {
      id: "IncomingWebhookRequestRecord",
      title: "Incoming webhook request, written",
      description: "The whole incoming webhook request, each time it changes.",
      at: "received_at",
      fields: { ...incomingFields, ...httpMessagesInput, changes: incomingDetailFields.changes.default([]) },
      rules: incomingRules,
    },
    {
      id: "OutgoingWebhookRequestRecord",
      title: "Outgoing webhook request, written",
      description: "The outgoing webhook request without its attempts, each time it changes.",
      at: "created_at",
      fields: { ...outgoingFields, attempt_count: outgoingFields.attempt_count.default(0) },
      rules: outgoingRules,
    },
  ],
  examples: exampleWebhookRequestRecords,
});

/** An attempt of an outgoing webhook request: arrives in any order, also before its request. */
export const webhookAttempt = defineRecord({
  kind: "webhook_attempt",
  id: "WebhookAttemptRecord",
  title: "Webhook attempt, written",
  description: "An attempt of an outgoing webhook request, in any order, also before its request.",
  key: ["request_id", "attempt"],
  at: "started_at",
  fields: { request_id: outgoingFields.request_id, ...attemptFields, ...httpMessagesInput, updated_at: updatedAt },
  examples: exampleWebhookAttemptRecords,
});
