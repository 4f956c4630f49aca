import type { RecordInput } from "@moja/contracts";
import { jsonBody, jsonHeaders, type StoryContext } from "./story-context.ts";

type Incoming = Extract<RecordInput, { kind: "webhook_request"; direction: "incoming" }>;

/** An incoming webhook; `seconds` counts from the start of the story. */
export type IncomingOptions = {
  seconds: number;
  webhook_type: string;
  outcome: Incoming["outcome"];
  /** The call that it is about; null where it matches none. */
  call_log_id: string | null;
  /** What it says of the call. */
  parameters: Record<string, unknown>;
  /** What was wrong with it: a code, and in words. */
  error?: { code: string; message: string };
  changes?: Incoming["changes"];
};

const statuses: Record<Incoming["outcome"], number> = {
  applied: 200,
  queued: 202,
  duplicate: 200,
  unmatched: 404,
  invalid: 400,
  unauthorized: 401,
  error: 500,
};

/** Adds an incoming webhook. */
export function addIncomingWebhook(context: StoryContext, options: IncomingOptions): void {
  const { random, story, at, campaign, publisher, buyer, caller, records } = context;
  const { seconds, webhook_type, outcome, call_log_id } = options;
  const http_status = statuses[outcome];
  records.push({
    kind: "webhook_request",
    direction: "incoming",
    request_id: `whin_${story}_${records.length}`,
    received_at: at(seconds),
    webhook_id: "wh_postback",
    webhook_name: "Buyer postback",
    webhook_type,
    method: "POST",
    outcome,
    error_code: options.error?.code ?? null,
    matched_by: call_log_id === null ? null : "call_log_id",
    transaction_id: `txn_${story}`,
    phone_number: caller.caller_id,
    ...campaign,
    ...publisher,
    buyer_id: buyer.buyer_id,
    buyer_name: buyer.buyer_name,
    url_host: "webhooks.moja.example",
    http_status,
    processing_time_ms: random.int(4, 60),
    applied_at: outcome === "applied" ? at(seconds + 0.02) : null,
    call_log_id,
    updated_at: at(seconds + 0.02),
    request: requestOf(story, options),
    response: { status: http_status, headers: jsonHeaders, body: jsonBody(replyOf(options)) },
    changes: options.changes ?? [],
  });
}

/** What the sender was told; one that sent something wrong learns what. */
function replyOf({ outcome, error }: IncomingOptions) {
  return error ? { success: false, outcome, error: error.code, message: error.message } : { success: true, outcome };
}

function requestOf(story: string, { webhook_type, call_log_id, parameters }: IncomingOptions) {
  return {
    method: "POST",
    url: `https://webhooks.moja.example/${webhook_type.replace("_", "-")}?moja_auth_key=demo-not-a-secret`,
    query: [{ name: "moja_auth_key", value: "demo-not-a-secret" }],
    headers: jsonHeaders,
    body: jsonBody({ call_log_id, transaction_id: `txn_${story}`, ...parameters }),
  };
}
