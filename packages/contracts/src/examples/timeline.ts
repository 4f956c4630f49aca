import { callEvents } from "./call.ts";
import { at } from "./story.ts";

type Shown = {
  id: string;
  seconds: number;
  level?: "info" | "warning";
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

const bid = (id: string, level: "info" | "warning", { message, data }: Pick<Shown, "message" | "data">) =>
  rtb("rtb.outbound_request", {
    id,
    seconds: -3.6,
    level,
    message,
    data: { ...data, minimum_bid: 20, winning_bid: 31.25, timeout_ms: 500 },
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
    message: "Northwind Media asked for a route: 1 of 3 routes allocated in 950 ms, the best at 24.50 USD",
    data: {
      outcome: "allocated",
      best_payout: 24.5,
      total_routes: 3,
      allocated_count: 1,
      allocation_time_ms: 950,
      reason_code: null,
      http_status: 200,
    },
  }),
  bid("req_out_c1", "info", {
    message: "Clearwater live bids: 31.25 USD won the auction",
    data: { outcome: "won", bid_amount: 31.25, reason_code: null, response_time_ms: 182, http_status: 200 },
  }),
  bid("req_out_c2", "warning", {
    message: "Harbor Senior Care: 12.50 USD is below the minimum of 20.00 USD",
    data: { outcome: "rejected", bid_amount: 12.5, reason_code: 301, response_time_ms: 240, http_status: 200 },
  }),
  bid("req_out_c3", "warning", {
    message: "Summit Medicare: no answer within 500 ms",
    data: { outcome: "timeout", bid_amount: null, reason_code: 101, response_time_ms: null, http_status: null },
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
  recorded: source === "call",
  link,
}));
