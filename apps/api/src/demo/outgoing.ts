import type { Call } from "./call.ts";
import { jsonBody, jsonHeaders, type Scene, type Written } from "./scene.ts";

type Attempt = Written<"webhook_attempt">;
type Ending = "delivered" | "retried" | "failed" | "invalid_template";
/** One attempt's fate: when, in seconds from the first; its error, or null; the status answered, or null. */
type Try = { attempt: number; seconds: number; took: number; error_code: Attempt["error_code"]; status: number | null };

/** When the attempts are made, in seconds from the first. */
const schedule = [0, 30, 150, 900, 3600, 14_400];
const webhooks = {
  "call.incoming": { webhook_id: "wh_screen", webhook_name: "Agent screen", host: "screen.agents.example", form: false },
  "call.completed": { webhook_id: "wh_crm", webhook_name: "CRM sync", host: "hooks.partner.example", form: false },
  "call.failure": { webhook_id: "wh_missed", webhook_name: "Missed calls", host: "hooks.partner.example", form: false },
  "call.converted": { webhook_id: "wh_ads", webhook_name: "Ad network conversions", host: "conversions.ads.example", form: true },
} as const;
const fatal = ["http_error", "http_error", "http_error", "timeout", "dns", "refused", "tls"] as const;

/** Tells an outgoing webhook: delivered at once, after retries, or never, with each attempt so far and its answer. */
export function tellOutgoing(scene: Scene, seconds: number, event_type: keyof typeof webhooks, call: Call): void {
  const { random, story, at, happened, campaign, publisher, records } = scene;
  const { host, form, ...webhook } = webhooks[event_type];
  const request_id = `whout_${story}_${records.length}`;
  const first = seconds + random.int(50, 400) / 1000;
  const planned = triesOf(scene, fate(scene));
  if (!happened(seconds)) return;
  const made = planned.filter((each) => happened(first + each.seconds));
  const [last, next] = [made.at(-1), planned[made.length]];
  const ended = (each: Try) => at(first + each.seconds + each.took / 1000);
  const delivered = last?.error_code === null;
  records.push({
    kind: "webhook_request", direction: "outgoing", request_id, created_at: at(seconds), ...webhook, event_type, method: "POST", url_host: host,
    status: delivered ? "delivered" : next ? (last ? "retrying" : "pending") : "failed", attempt_count: made.length, http_status: last?.status ?? null, error_code: last?.error_code ?? null, response_time_ms: last?.took ?? null,
    first_attempt_at: last ? at(first) : null, last_attempt_at: last ? at(first + last.seconds) : null, next_attempt_at: next ? at(first + next.seconds) : null, delivered_at: delivered ? ended(last) : null,
    ...campaign, ...publisher, buyer_id: call.buyer_id ?? null, buyer_name: call.buyer_name ?? null, call_log_id: call.call_log_id, updated_at: last ? ended(last) : at(seconds),
  });
  const body = bodyOf(event_type, call, form);
  const headers = [{ name: "content-type", value: body.content_type }, { name: "user-agent", value: "Moja-Webhooks/1.0" }, { name: "authorization", value: "Bearer demo-not-a-secret" }];
  for (const each of made) {
    const { attempt, took, error_code, status } = each;
    records.push({
      kind: "webhook_attempt", request_id, attempt, started_at: at(first + each.seconds), response_time_ms: error_code === "invalid_template" ? null : took, error_code, error_message: error_code && wordsFor(error_code, status),
      request: error_code === "invalid_template" ? null : { method: "POST", url: `https://${host}/moja/${event_type}`, headers, body },
      response: status === null ? null : { status, headers: jsonHeaders, body: jsonBody(status === 200 ? { ok: true } : { error: "internal server error" }) }, updated_at: ended(each),
    });
  }
}

function fate({ random }: Scene): Ending {
  return random.weighted({ delivered: 84, retried: 10, failed: 5, invalid_template: 1 });
}

/** The attempts that will be made, each with its end; a body that cannot be filled is not sent again. */
function triesOf({ random }: Scene, ending: Ending): Try[] {
  if (ending === "invalid_template") return [{ attempt: 1, seconds: 0, took: 0, error_code: "invalid_template", status: null }];
  const failures = { delivered: 0, retried: random.int(1, 3), failed: schedule.length }[ending];
  const cause = random.pick(fatal);
  return schedule.slice(0, ending === "failed" ? failures : failures + 1).map((seconds, index) => {
    const error_code = index < failures ? cause : null;
    const status = error_code === null ? 200 : error_code === "http_error" ? random.pick([500, 500, 502, 503]) : null;
    return { attempt: index + 1, seconds, took: error_code === "timeout" ? 10_000 : random.int(30, 900), error_code, status };
  });
}

function bodyOf(event: string, call: Call, form: boolean) {
  const { call_log_id, started_at, duration_seconds, connected_seconds, converted, revenue_paid_out, publisher_paid_out, no_payout_reason } = call;
  const whole = { event, call_log_id, phone_number: call.caller_id ?? null, campaign: call.campaign_name, started_at };
  if (form) return { content_type: "application/x-www-form-urlencoded", text: new URLSearchParams({ event, call_log_id, value: String(revenue_paid_out), currency: "USD" }).toString() };
  return jsonBody(event === "call.incoming" ? whole : { ...whole, duration_seconds, connected_seconds, converted, revenue_paid_out, publisher_paid_out, no_payout_reason });
}

function wordsFor(error_code: string, status: number | null): string {
  const words: Record<string, string> = { timeout: "No answer within 10 s", dns: "The host name is not known", refused: "The connection was refused", tls: "The certificate has expired", invalid_template: "The body has an unknown tag [AGENT_NAME]" };
  return status === null ? (words[error_code] ?? error_code) : `The server answered ${status}`;
}
