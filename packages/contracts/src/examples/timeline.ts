import { callEvents } from "./call.ts";
import { at } from "./story.ts";

type Shown = {
  id: string;
  seconds: number;
  level?: "warning";
  message: string;
  data: Record<string, string | number | null>;
};

const rtb = (type: string, { id, level, ...event }: Shown) => ({
  ...event,
  level: level ?? ("info" as const),
  source: "rtb" as const,
  type,
  link: { resource: "rtb_request" as const, id },
});

const webhook = (
  resource: "incoming_webhook_request" | "outgoing_webhook_request",
  { id, level, ...event }: Shown & { type: string },
) => ({ ...event, level: level ?? ("info" as const), source: "webhook" as const, link: { resource, id } });

/** The call's timeline: its own events and its requests, in order. */
export const exampleTimeline = [
  rtb("rtb.inbound_request", {
    id: "req_in_5w8d",
    seconds: -4,
    message: "Northwind Media asked for a route: allocated",
    data: { outcome: "allocated", best_payout: 24.5, reason_code: null },
  }),
  rtb("rtb.outbound_request", {
    id: "req_out_c1",
    seconds: -3.6,
    message: "Clearwater live bids bid $31.25: won",
    data: { outcome: "won", bid_amount: 31.25, reason_code: null },
  }),
  rtb("rtb.outbound_request", {
    id: "req_out_c2",
    seconds: -3.6,
    level: "warning",
    message: "Harbor Senior Care bid $12.50: rejected, the bid is below the minimum bid",
    data: { outcome: "rejected", bid_amount: 12.5, reason_code: 301 },
  }),
  rtb("rtb.outbound_request", {
    id: "req_out_c3",
    seconds: -3.6,
    level: "warning",
    message: "Summit Medicare did not bid: timeout, the buyer did not answer in time",
    data: { outcome: "timeout", bid_amount: null, reason_code: 101 },
  }),
  ...callEvents.map((event) => ({ ...event, source: "call" as const, link: null })),
  webhook("outgoing_webhook_request", {
    id: "whout_8r3n",
    seconds: 95,
    type: "webhook.sent",
    message: "call.completed to hooks.partner.example: delivered after 2 attempts",
    data: { event_type: "call.completed", status: "delivered", http_status: 200 },
  }),
  webhook("incoming_webhook_request", {
    id: "whin_2p6c",
    seconds: 400,
    type: "webhook.received",
    message: "update_tags: applied",
    data: { webhook_type: "update_tags", outcome: "applied", http_status: 200 },
  }),
].map(({ seconds, source, type, level, message, data, link }, index) => ({
  sequence: index + 1,
  occurred_at: at(seconds),
  offset_ms: Math.round(seconds * 1000),
  source,
  type,
  level,
  message,
  data,
  link,
}));
