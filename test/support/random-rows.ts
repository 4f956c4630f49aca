import fc from "fast-check";

type Change = Record<string, unknown>;

const oneOf = <Value>(...values: Value[]) => fc.constantFrom(...values);
const nullable = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { freq: 3 });
const usd = fc.oneof(fc.integer({ min: 0, max: 99_999_999 }), oneOf(0, 1, 999_999)).map((micros) => micros / 1e6);
const milliseconds = fc.oneof(fc.integer({ min: 0, max: 60 }), oneOf(0, 7, 2147483647));
const flag = fc.boolean();
/** Names are independent of ids: ids share names, one id has several over time, and a name may have no id. */
const idAndName = (stem: string, ...ids: string[]) =>
  fc.record({
    [`${stem}_id`]: nullable(oneOf(...ids)),
    [`${stem}_name`]: nullable(oneOf("Solar", "solar", "Roofing", "")),
  });
const parties = fc
  .tuple(idAndName("campaign", "camp_b", "camp_a", "Camp_c"), idAndName("publisher", "pub_a", "pub_b"))
  .map(([one, other]) => ({ ...one, ...other }));
const httpStatus = nullable(oneOf(200, 204, 404, 500, 503));
const state = nullable(oneOf("CA", "NY", ""));

/** The ids of calls that requests may have led to. */
export const callIds = ["call_1", "call_2", "call_3", "call_4"];

/** Whatever a call may come to. */
export const anyCall = fc
  .record({
    parties,
    buyer: idAndName("buyer", "buyer_a", "buyer_b"),
    money: fc.record({ cost: nullable(usd), revenue_paid_out: nullable(usd), publisher_paid_out: nullable(usd) }),
    magic: flag,
    seconds: fc.tuple(nullable(fc.nat(900)), nullable(fc.nat(900)), nullable(fc.nat(900))),
    route: fc.record({
      dial_type: oneOf("target", "rtb", "ivr"),
      id: oneOf("z", "a"),
      name: nullable(oneOf("Solar", "Roofing")),
    }),
    rest: fc.record({
      status: oneOf("completed", "failed", "connected"),
      connected_at: nullable(oneOf("2026-05-04T12:00:09.000Z")),
      converted: flag,
      duplicate: flag,
      caller_state: state,
      hangup_source: nullable(oneOf("caller", "system")),
      no_payout_reason: nullable(oneOf("Condition not met", "Caps exceeded")),
    }),
  })
  .map(({ parties, buyer, money, magic, seconds: [duration, connected, billable], route, rest }): Change => ({
    ...parties,
    ...buyer,
    ...rest,
    ...money,
    ...(magic && { cost: 0, cost_per_min: 0 }),
    moja_magic: magic,
    call_converted_at: null,
    dial_type: route.dial_type,
    rtb_id: route.dial_type === "rtb" ? route.id : null,
    rtb_name: route.dial_type === "rtb" ? route.name : null,
    target_id: route.dial_type === "target" ? route.id : null,
    target_name: route.dial_type === "target" ? route.name : null,
    duration_seconds: duration,
    connected_seconds: duration === null || connected === null ? connected : Math.min(duration, connected),
    billable_seconds: billable,
  }));

const callLogId = nullable(oneOf(...callIds));

/** Random changes to each list's example record, by report. */
export const anyChange: Record<string, fc.Arbitrary<Change>> = {
  callLogs: anyCall,
  inboundRtb: fc
    .tuple(
      parties,
      idAndName("inbound_rtb", "in_b", "in_a"),
      fc.record({
        outcome: oneOf("allocated", "no_routes", "rejected", "error"),
        reason: nullable(oneOf(105, 204, 208)),
        best_payout: nullable(usd),
        call_log_id: callLogId,
        http_status: httpStatus,
        caller_state: state,
        method: oneOf("GET", "POST"),
      }),
    )
    .map(([one, two, other]): Change => ({ ...one, ...two, ...other })),
  outboundRtb: fc
    .tuple(
      parties,
      fc
        .tuple(
          idAndName("buyer", "buyer_a", "buyer_b", "buyer_c"),
          idAndName("rtb", "rtb_b", "rtb_a"),
          idAndName("rtb_group", "group_b", "group_a"),
          idAndName("target", "target_b", "target_a"),
        )
        .map((several): Change => Object.assign({}, ...several)),
      fc.record({
        outcome: oneOf("won", "lost", "rejected", "no_bid", "not_pinged", "timeout", "error"),
        reason: nullable(oneOf(0, 101, 301, 401)),
        bid_amount: nullable(usd),
        response_time_ms: nullable(milliseconds),
        call_log_id: callLogId,
        http_status: httpStatus,
        caller_state: state,
      }),
    )
    .map(([one, two, other]): Change => ({
      ...one,
      ...two,
      ...other,
      minimum_bid: null,
      ...(other.outcome === "won" && { bid_amount: other.bid_amount ?? 1.5 }),
    })),
  incomingWebhooks: fc
    .tuple(
      fc.tuple(parties, idAndName("webhook", "wh_b", "wh_a"), idAndName("buyer", "buyer_b", "buyer_a")),
      fc.record({
        outcome: oneOf("applied", "queued", "duplicate", "invalid", "error"),
        error_code: nullable(oneOf("late", "bad_amount")),
        webhook_type: oneOf("update_tags", "update_revenue"),
        processing_time_ms: nullable(milliseconds),
        url_host: nullable(oneOf("a.example", "b.example")),
        http_status: oneOf(200, 400, 500),
        matched_by: nullable(oneOf("call_log_id", "phone_number")),
        method: oneOf("GET", "POST"),
      }),
    )
    .map(([several, other]): Change => Object.assign({}, ...several, other)),
  outgoingWebhooks: fc
    .tuple(
      fc.tuple(parties, idAndName("webhook", "wh_b", "wh_a"), idAndName("buyer", "buyer_b", "buyer_a")),
      fc.record({
        status: oneOf("pending", "retrying", "delivered", "failed"),
        error_code: nullable(oneOf("timeout", "dns", "tls")),
        event_type: oneOf("call.completed", "call.converted"),
        url_host: nullable(oneOf("a.example", "b.example")),
        attempt_count: fc.nat(5),
        response_time_ms: nullable(milliseconds),
        http_status: httpStatus,
        method: oneOf("POST", "GET"),
      }),
    )
    .map(([several, other]): Change => ({
      ...Object.assign({}, ...several),
      ...other,
      delivered_at: other.status === "delivered" ? "2026-05-04T12:00:00.000Z" : null,
    })),
};

/** Filters that some of the random rows match, by report. */
export const anyFilters: Record<string, fc.Arbitrary<Change>> = {
  callLogs: oneOf<Change>(
    {},
    { campaign_id: ["camp_a"] },
    { status: ["completed", "failed"], converted: "yes" },
    { cost_max: 50 },
    { tag: ["quality"] },
    { profit_min: 0, moja_magic: "no" },
  ),
  inboundRtb: oneOf<Change>(
    {},
    { outcome: ["allocated"] },
    { reason_class: ["not_pinged"] },
    { publisher_id: ["pub_a", "pub_b"], http_status_class: ["2xx"] },
  ),
  outboundRtb: oneOf<Change>(
    {},
    { buyer_id: ["buyer_a", "buyer_b"] },
    { reason_code: [401, 301] },
    { bid_amount_min: 10, response_time_ms_max: 50 },
  ),
  incomingWebhooks: oneOf<Change>(
    {},
    { webhook_type: ["update_tags"] },
    { error_code: ["late"] },
    { http_status_class: ["4xx", "5xx"] },
  ),
  outgoingWebhooks: oneOf<Change>(
    {},
    { status: ["failed", "delivered"] },
    { url_host: ["a.example"] },
    { attempt_count_min: 2 },
  ),
};

/** Zones and moments at which their clocks change; the last one's never do, and stand at three quarters of an hour. */
export const clockChanges: [zone: string, change: string][] = [
  ["America/New_York", "2026-03-08T07:00:00Z"],
  ["America/New_York", "2026-11-01T06:00:00Z"],
  ["Europe/London", "2026-03-29T01:00:00Z"],
  ["Europe/London", "2026-10-25T01:00:00Z"],
  ["Australia/Lord_Howe", "2026-04-04T15:00:00Z"],
  ["Australia/Lord_Howe", "2026-10-03T15:30:00Z"],
  ["Asia/Kathmandu", "2026-03-31T18:15:00Z"],
];

/** Any of them. */
export const clocks = fc.constantFrom(...clockChanges);
