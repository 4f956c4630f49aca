import { z } from "zod";
import {
  CallerNumber,
  Count,
  enumOf,
  FreeText,
  HttpStatus,
  Id,
  Instant,
  json,
  Json,
  kind,
  literal,
  maskNumbers,
  OpenEnumValue,
  pii,
  PII_PLACEHOLDER,
  Text,
} from "../fields.ts";
import { partyFields, updatedAt } from "./call.ts";
import { defineRecord, type Rule } from "./define-record.ts";
import { RecordedRequest, RecordedRequestInput, RecordedResponse, RecordedResponseInput } from "./http-message.ts";

/** What became of an incoming webhook request. */
const incomingOutcomes = ["applied", "queued", "duplicate", "unmatched", "invalid", "unauthorized", "error"] as const;

/** Where an outgoing webhook request is. */
const outgoingStatuses = ["pending", "retrying", "delivered", "failed"] as const;

/** What can go wrong with an attempt. */
const attemptErrors = [
  "http_error",
  "timeout",
  "dns",
  "refused",
  "reset",
  "tls",
  "too_many_redirects",
  "invalid_template",
  "cancelled",
] as const;

const common = {
  request_id: Id.meta({ title: "Request id", description: "The request's id.", examples: ["whin_2p6c"] }),
  webhook_id: Id.nullable().meta({
    title: "Webhook id",
    description: "The webhook as configured.",
    examples: ["wh_9"],
  }),
  webhook_name: Text.nullable().meta({ title: "Webhook", description: "The webhook's name." }),
  ...partyFields,
  call_log_id: Id.nullable().meta({
    title: "Call log id",
    description: "The call that it speaks of; null when none is known.",
  }),
  updated_at: updatedAt,
};
const { request_id, webhook_id, webhook_name, call_log_id, updated_at } = common;
const urlHost = z.string().regex(/^[a-z0-9.:[\]-]{1,255}$/, "must be a host name in small letters");

/** The fields of an incoming webhook request: a system tells Moja about a call. */
export const incomingFields = {
  request_id,
  direction: literal("incoming").meta({ title: "Direction", description: "`incoming`: a system told us." }),
  received_at: Instant.meta({ title: "Received at", description: "When the request arrived." }),
  webhook_id,
  webhook_name,
  webhook_type: OpenEnumValue.meta({
    title: "Type",
    description: "What it asks for. An open set; known: `call_data`, `update_revenue`, `update_tags`, `update_fields`.",
    examples: ["update_revenue"],
  }),
  method: OpenEnumValue.meta({ title: "Method", description: "The HTTP method.", examples: ["POST"] }),
  outcome: enumOf(incomingOutcomes).meta({
    title: "Outcome",
    description: "What became of it.",
    examples: ["applied"],
  }),
  error_code: OpenEnumValue.nullable().meta({
    title: "Error code",
    description: "What was wrong with it; null when nothing was. An open set.",
    examples: ["missing_call_id"],
  }),
  matched_by: enumOf(["call_log_id", "phone_number"]).nullable().meta({
    title: "Matched by",
    description: "How its call was found: by id, or by telephone number within 7 days; null when none was.",
  }),
  transaction_id: Text.nullable().meta({
    title: "Transaction id",
    description: "The sender's id that makes it idempotent; null when none was sent.",
  }),
  phone_number: CallerNumber.nullable().meta({
    title: "Phone number",
    description: "The caller's number that it names. Masked without `pii:read`.",
    examples: ["+13105550142"],
  }),
  ...partyFields,
  url_host: kind("text", urlHost)
    .nullable()
    .meta({ title: "URL host", description: "The host that was asked.", examples: ["webhooks.moja.example"] }),
  http_status: HttpStatus.meta({ title: "HTTP status", description: "The HTTP status of our reply." }),
  processing_time_ms: Count.nullable().meta({
    title: "Processing time (ms)",
    description: "Milliseconds until our reply.",
  }),
  applied_at: Instant.nullable().meta({
    title: "Applied at",
    description:
      "When it took effect: later than `received_at` for an update that was queued until its call completed.",
  }),
  call_log_id,
  updated_at,
};

/** The fields of an outgoing webhook request: Moja tells a system about a call. */
export const outgoingFields = {
  request_id,
  direction: literal("outgoing").meta({ title: "Direction", description: "`outgoing`: we told a system." }),
  created_at: Instant.meta({ title: "Created at", description: "When the event made this request." }),
  webhook_id,
  webhook_name,
  event_type: OpenEnumValue.meta({
    title: "Event",
    description: "The event that it tells of, like `call.completed`.",
    examples: ["call.completed"],
  }),
  method: OpenEnumValue.meta({ title: "Method", description: "The HTTP method.", examples: ["POST"] }),
  url_host: kind("text", urlHost)
    .nullable()
    .meta({ title: "URL host", description: "The host that is told.", examples: ["hooks.partner.example"] }),
  status: enumOf(outgoingStatuses).meta({
    title: "Status",
    description: "Where the delivery is.",
    examples: ["delivered"],
  }),
  attempt_count: Count.meta({ title: "Attempts", description: "How many attempts were made." }),
  http_status: HttpStatus.nullable().meta({
    title: "HTTP status",
    description: "The HTTP status of the last attempt; null when it was not answered.",
  }),
  error_code: enumOf(attemptErrors)
    .nullable()
    .meta({
      title: "Error code",
      description: "What went wrong with the last attempt; null when nothing did.",
      examples: ["http_error"],
    }),
  response_time_ms: Count.nullable().meta({
    title: "Response time (ms)",
    description: "Milliseconds that the last attempt took.",
  }),
  first_attempt_at: Instant.nullable().meta({
    title: "First attempt at",
    description: "When the first attempt was made.",
  }),
  last_attempt_at: Instant.nullable().meta({
    title: "Last attempt at",
    description: "When the last attempt was made.",
  }),
  next_attempt_at: Instant.nullable().meta({
    title: "Next attempt at",
    description: "When the next attempt is due; null when none is.",
    examples: ["2026-05-04T12:02:05.300Z"],
  }),
  delivered_at: Instant.nullable().meta({
    title: "Delivered at",
    description: "When it was delivered; null when it is not.",
  }),
  ...partyFields,
  call_log_id,
  updated_at,
};

/** From here on a number may be a telephone number. */
const sumMax = 1_000_000;

/** A value that a request changed: sums and yes or no are no personal data, anything else may be. */
const changedValue = pii(Json.clone(), (value) =>
  (typeof value === "number" && Math.abs(value) < sumMax) || typeof value === "boolean" || value === null
    ? value
    : PII_PLACEHOLDER,
);

const change = z
  .strictObject({
    field: pii(z.string().max(255), maskNumbers).meta({
      title: "Field",
      description: "The field or tag that changed.",
    }),
    before: changedValue.meta({
      title: "Before",
      description: "Its value before. Text is withheld without `pii:read`.",
    }),
    after: changedValue.meta({ title: "After", description: "Its value after. Text is withheld without `pii:read`." }),
  })
  .meta({ id: "Change", title: "Change", description: "What the request changed on its call." });

/** What an incoming detail has beyond its row. */
export const incomingDetailFields = {
  request: json(RecordedRequest)
    .nullable()
    .meta({ title: "Request", description: "The request as it came, without secrets." }),
  response: json(RecordedResponse).nullable().meta({ title: "Response", description: "Our reply." }),
  changes: json(z.array(change)).meta({ title: "Changes", description: "What it changed on its call." }),
};

/** The fields of an attempt: what producers write and readers get. */
const attemptFields = {
  attempt: Count.min(1).max(1000).meta({ title: "Attempt", description: "The attempt's number, from 1." }),
  started_at: Instant.meta({ title: "Started at", description: "When it was sent." }),
  response_time_ms: Count.nullable().meta({
    title: "Response time (ms)",
    description: "Milliseconds that it took; null when it did not end.",
  }),
  error_code: enumOf(attemptErrors)
    .nullable()
    .meta({ title: "Error code", description: "What went wrong; null when nothing did." }),
  error_message: FreeText.nullable().meta({ title: "Error", description: "What went wrong, in words." }),
  request: json(RecordedRequest).nullable().meta({ title: "Request", description: "The request as it was sent." }),
  response: json(RecordedResponse)
    .nullable()
    .meta({ title: "Response", description: "The answer; null when there was none." }),
};

/** An attempt as readers get it. */
export const Attempt = z
  .strictObject(attemptFields)
  .meta({ id: "Attempt", title: "Attempt", description: "One attempt to deliver an outgoing webhook request." });

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

const IncomingRecord = defineRecord(
  "webhook_request",
  {
    id: "IncomingWebhookRequestRecord",
    title: "Incoming webhook request, written",
    description: "The whole incoming webhook request, each time it changes.",
  },
  { ...incomingFields, ...httpMessagesInput, changes: incomingDetailFields.changes.default([]) },
  incomingRules,
);
const OutgoingRecord = defineRecord(
  "webhook_request",
  {
    id: "OutgoingWebhookRequestRecord",
    title: "Outgoing webhook request, written",
    description: "The outgoing webhook request without its attempts, each time it changes.",
  },
  { ...outgoingFields, attempt_count: outgoingFields.attempt_count.default(0) },
  outgoingRules,
);

/** A webhook request of either direction as producers write it. */
export const WebhookRequestRecord = z.discriminatedUnion("direction", [IncomingRecord, OutgoingRecord]).meta({
  id: "WebhookRequestRecord",
  title: "Webhook request, written",
  description: "A webhook request of either direction, told apart by `direction`.",
});

/** An attempt of an outgoing webhook request as producers write it, in any order, also before its request. */
export const WebhookAttemptRecord = defineRecord(
  "webhook_attempt",
  {
    id: "WebhookAttemptRecord",
    title: "Webhook attempt, written",
    description: "An attempt of an outgoing webhook request, in any order, also before its request.",
  },
  {
    request_id,
    ...attemptFields,
    ...httpMessagesInput,
    updated_at: updatedAt,
  },
);
