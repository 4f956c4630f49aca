import { contracts } from "@moja/contracts";
import type { z } from "zod";
import { decoder } from "../database/column-codecs.ts";
import type { StoredRow } from "../database/row-types.ts";
import { messageOf, type UnorderedEvent } from "../queries/timeline.ts";
import {
  bidDecision,
  buyerOf,
  inboundDecision,
  levelOf,
  publisherOf,
  winningBids,
  type Inbound,
  type Outbound,
} from "./rtb-decisions.ts";

const incoming = decoder(contracts.incomingWebhooks.list.row.shape);
const outgoing = decoder(contracts.outgoingWebhooks.list.row.shape);

type Event = z.input<typeof contracts.callLogs.timeline.output>["data"][number];
type Level = Event["level"];
type UnorderedTimelineEvent = Omit<Event, "sequence" | "offset_ms"> & UnorderedEvent;

const incomingLevels: Record<string, Level> = {
  duplicate: "warning",
  unmatched: "warning",
  invalid: "error",
  unauthorized: "error",
  error: "error",
};
const outgoingLevels: Record<string, Level> = { retrying: "warning", failed: "error" };

/** An inbound request as an event of its call's timeline. */
export function inboundEvent(request: Inbound): UnorderedTimelineEvent {
  const { message, data } = inboundDecision(request);
  return {
    ...rtbEvent(request),
    occurred_at: request.received_at,
    type: "rtb.inbound_request",
    message: messageOf(`${publisherOf(request)} asked for a route: ${message}`),
    data,
  };
}

/** The bids of a call's auctions as events of its timeline, each told by the bid that won. */
export function outboundEvents(bids: Outbound[]): UnorderedTimelineEvent[] {
  const winning = winningBids(bids);
  return bids.map((bid) => {
    const { message, data } = bidDecision(bid, winning.get(bid.auction_id) ?? null);
    return {
      ...rtbEvent(bid),
      occurred_at: bid.sent_at,
      type: "rtb.outbound_request",
      message: messageOf(`${buyerOf(bid)}: ${message}`),
      data,
    };
  });
}

function rtbEvent({ request_id: id, outcome }: Inbound | Outbound) {
  const link = { resource: "rtb_request" as const, id };
  return { source: "rtb" as const, level: levelOf(outcome), link, recorded: false, rank: 1, tie: id };
}

/** A webhook request as an event of its call's timeline. */
export function webhookEvent(stored: StoredRow): UnorderedTimelineEvent {
  const id = String(stored["request_id"]);
  const event = stored["direction"] === "incoming" ? incomingEvent(stored, id) : outgoingEvent(stored, id);
  return { ...event, source: "webhook", recorded: false, rank: 2, tie: id };
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
