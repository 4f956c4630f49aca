import { jsonBody, jsonHeaders, type StoryContext } from "./story-context.ts";

const host = "hooks.partner.example";

type Attempt = ReturnType<typeof drawAttempt>;
type Ending = "delivered" | "retried" | "failed" | "retrying";

const statuses = { delivered: "delivered", retried: "delivered", failed: "failed", retrying: "retrying" } as const;

/** Adds an outgoing webhook: delivered at once, after retries, or never, with each attempt's request and response. */
export function addOutgoingWebhook(context: StoryContext, seconds: number, event_type: string): void {
  const { random, story, records, call_log_id } = context;
  const request_id = `whout_${story}_${records.length}`;
  const ending = random.weighted<Ending>({ delivered: 80, retried: 12, failed: 5, retrying: 3 });
  const failures = { delivered: 0, retried: random.int(1, 2), failed: 5, retrying: 2 }[ending];
  const successes = statuses[ending] === "delivered" ? 1 : 0;
  const attempts = Array.from({ length: failures + successes }, (_, index) =>
    drawAttempt(context, { seconds, index, works: index === failures }),
  );
  addRequest(context, { request_id, seconds, event_type, ending, attempts });
  for (const attempt of attempts)
    addAttempt(context, request_id, { attempt, body: jsonBody({ event: event_type, call_log_id }) });
}

/** Draws an attempt; the waits between attempts double from 30 seconds. */
function drawAttempt(
  { random, at }: StoryContext,
  { seconds, index, works }: { seconds: number; index: number; works: boolean },
) {
  const error_code = works ? null : random.pick(["http_error", "http_error", "timeout", "refused"]);
  const failedStatus = error_code === "http_error" ? random.pick([500, 502, 503]) : null;
  return {
    attempt: index + 1,
    started_at: at(seconds + 0.1 + 30 * (2 ** index - 1)),
    response_time_ms: error_code === "timeout" ? 10_000 : random.int(30, 900),
    error_code,
    http_status: works ? 200 : failedStatus,
  };
}

function addRequest(
  { at, campaign, publisher, buyer, call_log_id, records }: StoryContext,
  {
    request_id,
    seconds,
    event_type,
    ending,
    attempts,
  }: { request_id: string; seconds: number; event_type: string; ending: Ending; attempts: Attempt[] },
): void {
  const [first, last] = [attempts[0], attempts.at(-1)];
  if (!first || !last) throw new Error("A webhook has at least one attempt");
  const doneAt = last.started_at;
  const status = statuses[ending];
  records.push({
    kind: "webhook_request",
    direction: "outgoing",
    request_id,
    created_at: at(seconds),
    webhook_id: "wh_crm",
    webhook_name: "CRM sync",
    ...campaign,
    ...publisher,
    buyer_id: buyer.buyer_id,
    buyer_name: buyer.buyer_name,
    call_log_id,
    event_type,
    method: "POST",
    url_host: host,
    status,
    attempt_count: attempts.length,
    http_status: last.http_status,
    error_code: last.error_code,
    response_time_ms: last.response_time_ms,
    first_attempt_at: first.started_at,
    last_attempt_at: doneAt,
    next_attempt_at: ending === "retrying" ? at(seconds + 210) : null,
    delivered_at: status === "delivered" ? doneAt : null,
    updated_at: doneAt,
  });
}

function addAttempt(
  { records }: StoryContext,
  request_id: string,
  { attempt: { http_status, ...attempt }, body }: { attempt: Attempt; body: ReturnType<typeof jsonBody> },
): void {
  const failure = http_status === null ? `No answer: ${attempt.error_code}` : `The server answered ${http_status}`;
  const answer = http_status === 200 ? jsonBody({ ok: true }) : null;
  records.push({
    kind: "webhook_attempt",
    request_id,
    ...attempt,
    error_message: attempt.error_code && failure,
    request: {
      method: "POST",
      url: `https://${host}/moja`,
      headers: [...jsonHeaders, { name: "authorization", value: "Bearer demo-not-a-secret" }],
      body,
    },
    response: http_status === null ? null : { status: http_status, headers: jsonHeaders, body: answer },
    updated_at: attempt.started_at,
  });
}
