const window = { from: "2026-05-04T04:00:00.000Z", to: "2026-05-05T04:00:00.000Z" };
const day = { start: window.from, end: window.to, hours: 24 };

/** What is asked, and the answer when there is one group: its only day and the totals say the same. */
function oneDay<Group extends object, Measures extends object>(group: Group, by: string[], measures: Measures) {
  const input = { ...window, group_by: by, interval: "day" as const, time_zone: "America/New_York" };
  const [order_by] = Object.keys(measures);
  return { input, output: { data: [{ group, ...measures, series: [{ ...day, ...measures }] }], rest: null, totals: measures, applied: { ...input, filters: {}, order_by: String(order_by), order: "desc" as const, top: 100 } } };
}

const bids = { connected: 0, converted: 0, timeouts: 0, bid_rate: 1, timeout_rate: 0, outbid: 0, outbid_amount: 0 };
const winner = { ...bids, requests: 1, pinged: 1, answered: 1, bids: 1, accepted: 1, won: 1, connected: 1, win_rate: 1, conversion_rate: 0, bid_amount_min: 31.25, bid_amount_avg: 31.25, bid_amount_max: 31.25, response_time_ms_avg: 182, response_time_ms_p50: 182, response_time_ms_p95: 182, response_time_ms_p99: 182, series: null };
const others = { ...bids, groups: 2, requests: 2, pinged: 2, answered: 1, bids: 1, accepted: 0, won: 0, timeouts: 1, bid_rate: 0.5, win_rate: 0, timeout_rate: 0.5, conversion_rate: null, bid_amount_min: 12.5, bid_amount_avg: 12.5, bid_amount_max: 12.5, response_time_ms_avg: 240, response_time_ms_p50: 240, response_time_ms_p95: 240, response_time_ms_p99: 240, series: null };
const auction = { ...bids, requests: 3, pinged: 3, answered: 2, bids: 2, accepted: 1, won: 1, connected: 1, timeouts: 1, bid_rate: 0.666667, win_rate: 0.5, timeout_rate: 0.333333, conversion_rate: 0, bid_amount_min: 12.5, bid_amount_avg: 21.875, bid_amount_max: 31.25, response_time_ms_avg: 211, response_time_ms_p50: 182, response_time_ms_p95: 240, response_time_ms_p99: 240 };
const topBuyer = { ...window, group_by: ["buyer_id"], order_by: "won", top: 1 };

/** What the example organization's summaries are asked, and what they answer. */
export const exampleSummaries = {
  callLogs: oneDay({ campaign_id: "camp_201", campaign_name: "Medicare Supplement" }, ["campaign_id"], {
    calls: 1, connected: 1, converted: 0, duplicates: 0, magic_calls: 0, conversion_rate: 0,
    duration_seconds_sum: 93, duration_seconds_avg: 93, connected_seconds_sum: 84, connected_seconds_avg: 84, billable_seconds_sum: 84, billable_seconds_avg: 84,
    revenue_paid_out: 0, publisher_paid_out: 0, cost: 0.01183, profit: -0.01183, revenue_unknown: 0, payout_unknown: 0, cost_unknown: 0, profit_unknown: 0,
  }),
  inboundRtb: oneDay({ outcome: "allocated" as const }, ["outcome"], {
    requests: 1, allocated: 1, no_routes: 0, rejected: 0, errors: 0, connected: 1, converted: 0, allocation_rate: 1, conversion_rate: 0, best_payout_min: 24.5, best_payout_avg: 24.5, best_payout_max: 24.5,
  }),
  outboundRtb: {
    input: topBuyer,
    output: { data: [{ group: { buyer_id: "buyer_12", buyer_name: "Clearwater Benefits" }, ...winner }], rest: others, totals: auction, applied: { ...topBuyer, filters: {}, interval: null, time_zone: "UTC", order: "desc" as const } },
  },
  incomingWebhooks: oneDay({ webhook_type: "update_tags" }, ["webhook_type"], {
    requests: 1, applied: 1, queued: 0, duplicates: 0, unmatched: 0, invalid: 0, unauthorized: 0, errors: 0, success_rate: 1,
    processing_time_ms_avg: 12, processing_time_ms_p50: 12, processing_time_ms_p95: 12, processing_time_ms_p99: 12, first_seen_at: "2026-05-04T12:06:40.000Z", last_seen_at: "2026-05-04T12:06:40.000Z",
  }),
  outgoingWebhooks: oneDay({ url_host: "hooks.partner.example", event_type: "call.completed", error_code: null }, ["url_host", "event_type", "error_code"], {
    requests: 1, delivered: 1, failed: 0, retrying: 0, pending: 0, success_rate: 1, attempts: 2, attempts_per_delivery: 2,
    response_time_ms_avg: 95, response_time_ms_p50: 95, response_time_ms_p95: 95, response_time_ms_p99: 95, first_seen_at: "2026-05-04T12:01:35.000Z", last_seen_at: "2026-05-04T12:01:35.000Z",
  }),
};
