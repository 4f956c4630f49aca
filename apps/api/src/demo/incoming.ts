import type { Call } from "./call.ts";
import { jsonBody, jsonHeaders, type Scene, type Written } from "./scene.ts";

type Incoming = Written<"webhook_request", "incoming">;

/** What an incoming webhook says, about which call, and what became of it. */
type About = { outcome: Incoming["outcome"]; call?: Call; by_phone?: boolean; says: Record<string, unknown>; error_code?: string; changes?: Incoming["changes"]; applied_after?: number };

const replies = { applied: 200, queued: 202, duplicate: 200, unmatched: 404, invalid: 422, unauthorized: 401, error: 500 } as const;
const host = "webhooks.moja.example";

/** Tells an incoming webhook about a call, found by its id or its caller's number, or about none that is known. */
export function tellIncoming(scene: Scene, seconds: number, webhook_type: string, { outcome, call, says, error_code, changes = [], applied_after = 0.012, by_phone = false }: About): void {
  const { random, story, at, happened, campaign, publisher, buyer, caller, records } = scene;
  const processing_time_ms = random.int(4, 60);
  const asksByGet = random.chance(20);
  if (!happened(seconds)) return;
  const known = outcome === "unauthorized" ? {} : { webhook_id: "wh_postback", webhook_name: "Buyer postback" };
  const parties = call ? { ...campaign, ...publisher, buyer_id: buyer.buyer_id, buyer_name: buyer.buyer_name } : {};
  const phone_number = by_phone || outcome === "unmatched" ? caller.caller_id : null;
  const transaction_id = outcome === "unauthorized" ? null : `txn_${story}_${webhook_type}`;
  const named = { ...(call && !phone_number ? { call_log_id: call.call_log_id } : phone_number ? { phone_number } : { call_log_id: `call_unknown_${story}` }), ...says, ...(transaction_id && { transaction_id }) };
  const http_status = replies[outcome];
  const applied_at = outcome === "applied" ? at(seconds + applied_after) : null;
  records.push({
    kind: "webhook_request", direction: "incoming", request_id: `whin_${story}_${records.length}`, received_at: at(seconds), ...known, webhook_type, outcome, error_code: error_code ?? null,
    matched_by: call ? (phone_number ? "phone_number" : "call_log_id") : null, transaction_id, phone_number, ...parties, url_host: host,
    http_status, processing_time_ms, applied_at, call_log_id: call?.call_log_id ?? null, updated_at: applied_at ?? at(seconds + processing_time_ms / 1000),
    ...sent(webhook_type, named, asksByGet), response: { status: http_status, headers: jsonHeaders, body: jsonBody({ outcome, ...(error_code && { error: error_code }) }) }, changes,
  });
}

/** The request as it came, by POST or, where its values are plain, by GET. The key in it is removed by the recorder. */
function sent(webhook_type: string, named: Record<string, unknown>, asksByGet: boolean) {
  const key = { name: "moja_auth_key", value: "demo-not-a-secret" };
  const plain = Object.entries(named).flatMap(([name, value]) => (typeof value === "string" || typeof value === "number" ? [{ name, value: String(value) }] : []));
  const method = asksByGet && plain.length === Object.keys(named).length ? "GET" : "POST";
  const query = method === "GET" ? [key, ...plain] : [key];
  const url = `https://${host}/${webhook_type}?${new URLSearchParams(query.map(({ name, value }): [string, string] => [name, value])).toString()}`;
  return { method, request: { method, url, query, headers: method === "GET" ? [] : jsonHeaders, body: method === "GET" ? null : jsonBody(named) } };
}
