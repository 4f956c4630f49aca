import { z } from "zod";
import {
  CallerNumber,
  Count,
  enumOf,
  freeText,
  HttpStatus,
  Id,
  Instant,
  kind,
  literal,
  maskWord,
  OpenEnumValue,
  Text,
} from "../fields.ts";
import { partyFields, updatedAt } from "./shared-fields.ts";

/** What became of an incoming webhook request. */
const incomingOutcomes = ["applied", "queued", "duplicate", "unmatched", "invalid", "unauthorized", "error"] as const;

/** Where an outgoing webhook request is. */
const outgoingStatuses = ["pending", "retrying", "delivered", "failed"] as const;

/** What can go wrong with an attempt. */
export const attemptErrors = [
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
/**
 * A host as real systems name it: also with underscores, in other scripts, as an address, with its port. It is kept in
 * small letters, as parsers of URLs give it.
 */
const urlHost = freeText(
  kind(
    "text",
    z
      .string()
      .overwrite((host) => host.toLowerCase())
      .refine(
        (host) => /^[^\s/?#@\\,\0]{1,255}$/.test(host),
        "must be a host, with its port if it has one, like hooks.partner.example:8443",
      ),
  ),
  maskWord,
);

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
  url_host: urlHost
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
  url_host: urlHost
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
