import type { RecordInput } from "@moja/contracts";
import { jsonBody, jsonHeaders, type StoryContext } from "./story-context.ts";

type Incoming = Extract<RecordInput, { kind: "webhook_request"; direction: "incoming" }>;

const host = "hooks.partner.example";

/** Tells an outgoing webhook: delivered at once, after retries, or never, with each attempt's request and answer. */
export function generateOutgoingWebhook(
  context: StoryContext,
  seconds: number,
  event_type: string,
  call_log_id: string,
): void {
  const { random, story, at, campaign, publisher, buyer, records } = context;
  const request_id = `whout_${story}_${records.length}`;
  const ending = random.weighted({ delivered: 80, retried: 12, failed: 5, retrying: 3 });
  const failures = { delivered: 0, retried: random.int(1, 2), failed: 5, retrying: 2 }[ending];
  const delivered = ending === "delivered" || ending === "retried";
  const body = jsonBody({ event: event_type, call_log_id });
  const attempts = Array.from({ length: failures + (delivered ? 1 : 0) }, (_, index) => {
    const works = index === failures;
    const error_code = works ? null : random.pick(["http_error", "http_error", "timeout", "refused"]);
    const http_status = works ? 200 : error_code === "http_error" ? random.pick([500, 502, 503]) : null;
    return {
      attempt: index + 1,
      started_at: at(seconds + 0.1 + 30 * (2 ** index - 1)),
      response_time_ms: error_code === "timeout" ? 10_000 : random.int(30, 900),
      error_code,
      http_status,
    };
  });
  const [first, last] = [attempts[0], attempts.at(-1)];
  const common = {
    webhook_id: "wh_crm",
    webhook_name: "CRM sync",
    ...campaign,
    ...publisher,
    buyer_id: buyer.buyer_id,
    buyer_name: buyer.buyer_name,
    call_log_id,
  };
  const doneAt = last?.started_at ?? at(seconds);
  records.push({
    kind: "webhook_request",
    direction: "outgoing",
    request_id,
    created_at: at(seconds),
    ...common,
    event_type,
    method: "POST",
    url_host: host,
    status: delivered ? "delivered" : ending === "failed" ? "failed" : "retrying",
    attempt_count: attempts.length,
    http_status: last?.http_status ?? null,
    error_code: last?.error_code ?? null,
    response_time_ms: last?.response_time_ms ?? null,
    first_attempt_at: first?.started_at ?? null,
    last_attempt_at: doneAt,
    next_attempt_at: ending === "retrying" ? at(seconds + 210) : null,
    delivered_at: delivered ? doneAt : null,
    updated_at: doneAt,
  });
  for (const { http_status, ...attempt } of attempts) {
    records.push({
      kind: "webhook_attempt",
      request_id,
      ...attempt,
      error_message:
        attempt.error_code &&
        (http_status === null ? `No answer: ${attempt.error_code}` : `The server answered ${http_status}`),
      request: {
        method: "POST",
        url: `https://${host}/moja`,
        headers: [...jsonHeaders, { name: "authorization", value: "Bearer demo-not-a-secret" }],
        body,
      },
      response:
        http_status === null
          ? null
          : { status: http_status, headers: jsonHeaders, body: http_status === 200 ? jsonBody({ ok: true }) : null },
      updated_at: attempt.started_at,
    });
  }
}

/** Tells an incoming webhook about a call, or about none that is known. */
export function generateIncomingWebhook(
  context: StoryContext,
  seconds: number,
  webhook_type: string,
  options: {
    outcome: Incoming["outcome"];
    call_log_id: string | null;
    error_code?: string;
    changes?: Incoming["changes"];
  },
): void {
  const { random, story, at, campaign, publisher, buyer, caller, records } = context;
  const request_id = `whin_${story}_${records.length}`;
  const http_status = {
    applied: 200,
    queued: 202,
    duplicate: 200,
    unmatched: 404,
    invalid: 400,
    unauthorized: 401,
    error: 500,
  }[options.outcome];
  const known = options.call_log_id !== null;
  records.push({
    kind: "webhook_request",
    direction: "incoming",
    request_id,
    received_at: at(seconds),
    webhook_id: "wh_postback",
    webhook_name: "Buyer postback",
    webhook_type,
    method: "POST",
    outcome: options.outcome,
    error_code: options.error_code ?? null,
    matched_by: known ? "call_log_id" : null,
    transaction_id: `txn_${story}`,
    phone_number: caller.caller_id,
    ...campaign,
    ...publisher,
    buyer_id: buyer.buyer_id,
    buyer_name: buyer.buyer_name,
    url_host: "webhooks.moja.example",
    http_status,
    processing_time_ms: random.int(4, 60),
    applied_at: options.outcome === "applied" ? at(seconds + 0.02) : null,
    call_log_id: options.call_log_id,
    updated_at: at(seconds + 0.02),
    request: {
      method: "POST",
      url: `https://webhooks.moja.example/${webhook_type}?moja_auth_key=demo-not-a-secret`,
      query: [{ name: "moja_auth_key", value: "demo-not-a-secret" }],
      headers: jsonHeaders,
      body: jsonBody({ call_log_id: options.call_log_id, transaction_id: `txn_${story}` }),
    },
    response: { status: http_status, headers: jsonHeaders, body: jsonBody({ outcome: options.outcome }) },
    changes: options.changes ?? [],
  });
}
