import type { z } from "zod";
import type { incomingFields, outgoingFields } from "../records/webhook-request-fields.ts";
import { bodyOf, jsonHeaders } from "./bodies.ts";
import { related } from "./call.ts";
import { at, call_log_id, caller_ref, parties } from "./story.ts";

type Fields<Shape extends z.ZodRawShape> = z.output<z.ZodObject<Shape>>;

const incoming: Fields<typeof incomingFields> = {
  request_id: "whin_2p6c",
  direction: "incoming",
  received_at: at(400),
  webhook_id: "wh_4",
  webhook_name: "Quality review",
  webhook_type: "update_tags",
  method: "POST",
  outcome: "applied",
  error_code: null,
  matched_by: "call_log_id",
  transaction_id: "qa-20260504-17",
  phone_number: "+13105550142",
  ...parties,
  url_host: "webhooks.moja.example",
  http_status: 200,
  processing_time_ms: 12,
  applied_at: at(400.012),
  call_log_id,
  updated_at: at(400.012),
};

const outgoing: Fields<typeof outgoingFields> = {
  request_id: "whout_8r3n",
  direction: "outgoing",
  created_at: at(95),
  webhook_id: "wh_9",
  webhook_name: "CRM",
  event_type: "call.completed",
  method: "POST",
  url_host: "hooks.partner.example",
  status: "delivered",
  attempt_count: 2,
  http_status: 200,
  error_code: null,
  response_time_ms: 95,
  first_attempt_at: at(95.1),
  last_attempt_at: at(125.3),
  next_attempt_at: null,
  delivered_at: at(125.395),
  ...parties,
  call_log_id,
  updated_at: at(125.395),
};

const event = bodyOf(
  '{"call_log_id":"call_7q2m4xk1","event":"call.completed"}',
  "78641733e67bd0fd30bf2b5ef305a6a7822208fcc5728796d8f98b7337ace78f",
);
const tagged = bodyOf(
  '{"call_log_id":"call_7q2m4xk1","add":{"quality":"reviewed"}}',
  "2ba1dd8f1713bdf9f1fd30996554674cf44aa52bbcf6ee4d432521e02f0edaef",
);

const hook = { method: "POST", url: "https://hooks.partner.example/moja", query: [], headers: jsonHeaders };
const attempts = [
  {
    attempt: 1,
    started_at: at(95.1),
    response_time_ms: 210,
    error_code: "http_error" as const,
    error_message: "The server answered 500",
    response: { status: 500, headers: [], body: null },
  },
  {
    attempt: 2,
    started_at: at(125.3),
    response_time_ms: 95,
    error_code: null,
    error_message: null,
    response: { status: 200, headers: [], body: null },
  },
];
const update = {
  method: "POST",
  url: "https://webhooks.moja.example/update-tags?moja_auth_key=%5Bredacted%5D",
  query: [{ name: "moja_auth_key", value: "[redacted]" }],
  headers: jsonHeaders,
};
const changes = [{ field: "tags.quality", before: null, after: "reviewed" }];

/** The webhook requests as producers write them. */
export const exampleWebhookRequestRecords = [
  {
    ...incoming,
    request: { ...update, body: tagged.written },
    response: { status: 200, headers: [], body: null },
    changes,
  },
  outgoing,
];

/** The attempts of the outgoing webhook request as producers write them. */
export const exampleWebhookAttemptRecords = attempts.map((each) => ({
  request_id: outgoing.request_id,
  ...each,
  request: { ...hook, body: event.written },
  updated_at: each.started_at,
}));

/** The incoming webhook request's row. */
export const exampleIncoming = { ...incoming, caller_ref };

/** The outgoing webhook request's row. */
export const exampleOutgoing = outgoing;

/** The incoming webhook request's detail. */
export const exampleIncomingDetail = {
  ...exampleIncoming,
  request: { ...update, body: tagged.read },
  response: { status: 200, headers: [], body: null },
  changes,
  call: related,
};

/** The outgoing webhook request's detail. */
export const exampleOutgoingDetail = {
  ...outgoing,
  attempts: attempts.map((each) => ({ ...each, request: { ...hook, body: event.read } })),
  call: related,
};
