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
  const common = {
    source: "rtb" as const,
    rank: 1,
    tie: String(stored["request_id"]),
    link: { resource: "rtb_request" as const, id: String(stored["request_id"]) },
  };
  if (stored["direction"] === "inbound") {
    const { received_at, publisher_name, inbound_rtb_name, outcome, reason, best_payout } = inbound.decode(stored);
    const message = `${publisher_name ?? inbound_rtb_name ?? "A publisher"} asked for a route: ${ending(outcome, reason)}`;
    return {
      ...common,
      occurred_at: received_at,
      type: "rtb.inbound_request",
      level: rtbLevels[outcome] ?? "info",
      message,
      data: { outcome, best_payout, reason_code: reason?.code ?? null },
    };
  }
  const { sent_at, rtb_name, rtb_id, outcome, reason, bid_amount } = outbound.decode(stored);
  const message = `${rtb_name ?? rtb_id ?? "A buyer"} ${bid_amount === null ? "did not bid" : `bid ${dollars(bid_amount)}`}: ${ending(outcome, reason)}`;
  return {
    ...common,
    occurred_at: sent_at,
    type: "rtb.outbound_request",
    level: rtbLevels[outcome] ?? "info",
    message,
    data: { outcome, bid_amount, reason_code: reason?.code ?? null },
  };
}

/** A webhook request as an event of its call's timeline. */
export function webhookEvent(stored: StoredRow): UnorderedTimelineEvent {
  const id = String(stored["request_id"]);
  const common = { source: "webhook" as const, rank: 2, tie: id };
  if (stored["direction"] === "incoming") {
    const { received_at, webhook_type, outcome, http_status } = incoming.decode(stored);
    const link = { resource: "incoming_webhook_request" as const, id };
    return {
      ...common,
      link,
      occurred_at: received_at,
      type: "webhook.received",
      level: incomingLevels[outcome] ?? "info",
      message: `${webhook_type}: ${outcome}`,
      data: { webhook_type, outcome, http_status },
    };
  }
  const { created_at, event_type, url_host, status, http_status, attempt_count } = outgoing.decode(stored);
  const link = { resource: "outgoing_webhook_request" as const, id };
  const message = `${event_type} to ${url_host ?? "an unknown host"}: ${status} after ${attempt_count} ${attempt_count === 1 ? "attempt" : "attempts"}`;
  return {
    ...common,
    link,
    occurred_at: created_at,
    type: "webhook.sent",
    level: outgoingLevels[status] ?? "info",
    message,
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
