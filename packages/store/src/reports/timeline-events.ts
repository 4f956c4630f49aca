import { contracts } from "@moja/contracts";
import type { z } from "zod";
import { decoder } from "../database/column-codecs.ts";
import type { StoredRow } from "../database/row-types.ts";
import type { UnorderedEvent } from "../queries/timeline.ts";

const inbound = decoder(contracts.inboundRtb.list.row.shape);
const outbound = decoder(contracts.outboundRtb.list.row.shape);
const incoming = decoder(contracts.incomingWebhooks.list.row.shape);
const outgoing = decoder(contracts.outgoingWebhooks.list.row.shape);

type Event = z.input<typeof contracts.callLogs.timeline.output>["data"][number];
type Level = Event["level"];
type UnorderedTimelineEvent = Omit<Event, "sequence" | "offset_ms"> & UnorderedEvent;

const rtbLevels: Record<string, Level> = {
  no_routes: "warning",
  rejected: "warning",
  timeout: "warning",
  error: "error",
};
const incomingLevels: Record<string, Level> = {
  duplicate: "warning",
  unmatched: "warning",
  invalid: "error",
  unauthorized: "error",
  error: "error",
};
const outgoingLevels: Record<string, Level> = { retrying: "warning", failed: "error" };

/** An RTB request as an event of its call's timeline. */
export function rtbEvent(stored: StoredRow): UnorderedTimelineEvent {
  const id = String(stored["request_id"]);
  const event = stored["direction"] === "inbound" ? inboundEvent(stored) : outboundEvent(stored);
  return { ...event, source: "rtb", rank: 1, tie: id, link: { resource: "rtb_request", id } };
}

function inboundEvent(stored: StoredRow) {
  const { received_at, publisher_name, inbound_rtb_name, outcome, reason, best_payout } = inbound.decode(stored);
  const publisher = publisher_name ?? inbound_rtb_name ?? "A publisher";
  return {
    occurred_at: received_at,
    type: "rtb.inbound_request",
    level: rtbLevels[outcome] ?? "info",
    message: `${publisher} asked for a route: ${ending(outcome, reason)}`,
    data: { outcome, best_payout, reason_code: reason?.code ?? null },
  };
}

function outboundEvent(stored: StoredRow) {
  const { sent_at, rtb_name, rtb_id, outcome, reason, bid_amount } = outbound.decode(stored);
  const answer = bid_amount === null ? "did not bid" : `bid ${dollars(bid_amount)}`;
  return {
    occurred_at: sent_at,
    type: "rtb.outbound_request",
    level: rtbLevels[outcome] ?? "info",
    message: `${rtb_name ?? rtb_id ?? "A buyer"} ${answer}: ${ending(outcome, reason)}`,
    data: { outcome, bid_amount, reason_code: reason?.code ?? null },
  };
}

/** A webhook request as an event of its call's timeline. */
export function webhookEvent(stored: StoredRow): UnorderedTimelineEvent {
  const id = String(stored["request_id"]);
  const event = stored["direction"] === "incoming" ? incomingEvent(stored, id) : outgoingEvent(stored, id);
  return { ...event, source: "webhook", rank: 2, tie: id };
}

function incomingEvent(stored: StoredRow, id: string) {
  const { received_at, webhook_type, outcome, http_status } = incoming.decode(stored);
  return {
    link: { resource: "incoming_webhook_request" as const, id },
    occurred_at: received_at,
    type: "webhook.received",
    level: incomingLevels[outcome] ?? "info",
    message: `${webhook_type}: ${outcome}`,
    data: { webhook_type, outcome, http_status },
  };
}

function outgoingEvent(stored: StoredRow, id: string) {
  const { created_at, event_type, url_host, status, http_status, attempt_count } = outgoing.decode(stored);
  const attempts = `${attempt_count} ${attempt_count === 1 ? "attempt" : "attempts"}`;
  return {
    link: { resource: "outgoing_webhook_request" as const, id },
    occurred_at: created_at,
    type: "webhook.sent",
    level: outgoingLevels[status] ?? "info",
    message: `${event_type} to ${url_host ?? "an unknown host"}: ${status} after ${attempts}`,
    data: { event_type, status, http_status },
  };
}

function ending(outcome: string, reason: { message: string } | null): string {
  const words = outcome.replaceAll("_", " ");
  return reason ? `${words}, ${reason.message.charAt(0).toLowerCase()}${reason.message.slice(1)}` : words;
}

function dollars(usd: number): string {
  return Number(usd.toFixed(2)) === usd ? `$${usd.toFixed(2)}` : `$${usd}`;
}
