import { callEvents } from "./call.ts";
import { at } from "./story.ts";

const own = (index: number) => {
  const { event_id: _, seconds, ...rest } = callEvents[index] as (typeof callEvents)[number];
  return { seconds, source: "call" as const, ...rest, link: null };
};
const rtb = (
  id: string,
  seconds: number,
  level: "info" | "warning",
  type: string,
  message: string,
  data: Record<string, string | number | null>,
) => ({ seconds, source: "rtb" as const, type, level, message, data, link: { resource: "rtb_request" as const, id } });
const hooked = (
  resource: "incoming_webhook_request" | "outgoing_webhook_request",
  id: string,
  seconds: number,
  type: string,
  message: string,
  data: Record<string, string | number | null>,
) => ({ seconds, source: "webhook" as const, type, level: "info" as const, message, data, link: { resource, id } });

/** The call's timeline: its own events and its requests, in order. */
export const exampleTimeline = [
  rtb("req_in_5w8d", -4, "info", "rtb.inbound_request", "Northwind Media asked for a route: allocated", {
    outcome: "allocated",
    best_payout: 24.5,
    reason_code: null,
  }),
  rtb("req_out_c1", -3.6, "info", "rtb.outbound_request", "Clearwater live bids bid $31.25: won", {
    outcome: "won",
    bid_amount: 31.25,
    reason_code: null,
  }),
  rtb(
    "req_out_c2",
    -3.6,
    "warning",
    "rtb.outbound_request",
    "Harbor Senior Care bid $12.50: rejected, the bid is below the minimum bid",
    { outcome: "rejected", bid_amount: 12.5, reason_code: 301 },
  ),
  rtb(
    "req_out_c3",
    -3.6,
    "warning",
    "rtb.outbound_request",
    "Summit Medicare did not bid: timeout, the buyer did not answer in time",
    { outcome: "timeout", bid_amount: null, reason_code: 101 },
  ),
  own(0),
  own(1),
  own(2),
  own(3),
  own(4),
  own(5),
  hooked(
    "outgoing_webhook_request",
    "whout_8r3n",
    95,
    "webhook.sent",
    "call.completed to hooks.partner.example: delivered after 2 attempts",
    { event_type: "call.completed", status: "delivered", http_status: 200 },
  ),
  hooked("incoming_webhook_request", "whin_2p6c", 400, "webhook.received", "update_tags: applied", {
    webhook_type: "update_tags",
    outcome: "applied",
    http_status: 200,
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
