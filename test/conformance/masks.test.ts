import { createHash } from "node:crypto";
import { createKey } from "@moja/store";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { databases } from "../support/databases.ts";
import { exportOperations } from "../support/download.ts";
import { startHarness, type Harness } from "../support/harness.ts";
import { pathFor, reports, summaries } from "../support/http.ts";
import { pushed } from "../support/push.ts";
import { Sentinels, spelledOut } from "../support/sentinels.ts";

const sentinels = new Sentinels();
const text = (place: string) => sentinels.text(place);
const number = (place: string) => `+1310${sentinels.digits(place)}`;
/** Words for people that name a caller. */
const about = (place: string) => `The caller ${number(place)} asks`;

/** A number as people write it, by the spelling's name. */
const spelling: Record<string, (digits: string) => string> = {
  "E.164": (digits) => `+1310${digits}`,
  "with its country": (digits) => `1310${digits}`,
  national: (digits) => `310${digits}`,
  dashes: (digits) => `310-${digits.slice(0, 3)}-${digits.slice(3)}`,
  brackets: (digits) => `(310) ${digits.slice(0, 3)}-${digits.slice(3)}`,
  dots: (digits) => `310.${digits.slice(0, 3)}.${digits.slice(3)}`,
  spaces: (digits) => `+1 310 ${digits.slice(0, 3)} ${digits.slice(3)}`,
  "no-break spaces": (digits) => `+1\u00A0310\u00A0${digits.slice(0, 3)}\u00A0${digits.slice(3)}`,
  "long dashes": (digits) => `310\u2013${digits.slice(0, 3)}\u2013${digits.slice(3)}`,
  "percent-encoded": (digits) => `%2B1310${digits}`,
  "as a link": (digits) => `tel:+1310${digits}`,
  "at the end of more digits": (digits) => `20260504120000310${digits}`,
};

const at = (second: number) => new Date(Date.UTC(2026, 4, 4, 12, 0, second)).toISOString();
const updated_at = at(50);
const ids = { call: "call_s", inbound: "in_s", outbound: "out_s", incoming: "whin_s", outgoing: "whout_s" };
const call_log_id = ids.call;

/** A body of a size that no other has, with a sentinel within. */
function body(place: string, size: number) {
  const given = `{"caller":"${number(`${place}: number`)}","name":"${text(`${place}: text`)}","x":"`.padEnd(
    size - 2,
    "x",
  );
  const whole = `${given}"}`;
  sentinels.add(`${place}: hash`, createHash("sha256").update(whole).digest("hex"));
  sentinels.add(`${place}: size`, `"size_bytes":${size}`);
  return { content_type: `application/json; caller=${number(`${place}: content type`)}`, text: whole };
}

/** A body that is no text: it is kept in base64. */
function binary(place: string) {
  const bytes = Buffer.concat([Buffer.from([0xff, 0xfe, 0x80]), Buffer.from(`..${text(place)}..`)]);
  return { content_type: "application/octet-stream", encoding: "base64", text: bytes.toString("base64") };
}

const pairs = (place: string) => [
  { name: "caller", value: number(`${place}: number`) },
  { name: "zip", value: text(`${place}: text`) },
  { name: number(`${place}: name`), value: "" },
];

function address(place: string): string {
  const path = `/callers/${number(`${place}: path`)}/${encodeURIComponent(number(`${place}: encoded path`))}`;
  const query = `?c=${encodeURIComponent(number(`${place}: query`))}&zip=${text(`${place}: query text`)}`;
  return `https://partner.example${path}${query}#${text(`${place}: fragment`)}`;
}

const request = (place: string, size: number) => ({
  method: "POST",
  url: address(`${place}.url`),
  query: pairs(`${place}.query`),
  headers: pairs(`${place}.headers`),
  body: body(`${place}.body`, size),
});
const response = (place: string) => ({
  status: 200,
  headers: pairs(`${place}.headers`),
  body: binary(`${place}.body`),
});

/**
 * Every personal field of every kind of record, by hand: what the contracts call personal must not decide what is
 * looked for.
 */
const records = [
  {
    kind: "call",
    call_log_id,
    started_at: at(0),
    status: "completed",
    caller_id: number("call.caller_id"),
    caller_zip: text("call.caller_zip"),
    dialed_number: "+18885550100",
    campaign_id: "camp",
    campaign_name: "Campaign",
    publisher_id: "pub",
    publisher_name: "Publisher",
    buyer_id: "buyer",
    buyer_name: "Buyer",
    dial_type: "number",
    dial_name: about("call.dial_name"),
    reason: about("call.reason"),
    recording_url: `https://recordings.example/${text("call.recording_url: path")}?c=${number("call.recording_url: query")}`,
    tags: {
      customer_phone: number("call.tags: number"),
      customer_name: text("call.tags: text"),
      [number("call.tags: name")]: "x",
    },
    inbound_request_id: ids.inbound,
    outbound_request_id: ids.outbound,
    auction_id: "auc",
    updated_at,
  },
  ...Object.entries(spelling).map(([name, spelled], index) => ({
    kind: "call_event",
    call_log_id,
    event_id: `e${index}`,
    occurred_at: at(index),
    type: "call.note",
    level: "info",
    message: `Call back: ${spelled(sentinels.digits(`free text: ${name}`))}, please`,
    updated_at,
  })),
  {
    kind: "call_event",
    call_log_id,
    event_id: "data",
    occurred_at: at(30),
    type: "call.note",
    level: "info",
    message: about("call_event.message"),
    data: {
      zip: text("call_event.data"),
      within: [{ number: number("call_event.data: within") }],
      [text("call_event.data: name")]: 1,
    },
    updated_at,
  },
  {
    kind: "rtb_request",
    direction: "inbound",
    request_id: ids.inbound,
    received_at: at(1),
    method: "POST",
    caller_id: number("inbound.caller_id"),
    caller_zip: text("inbound.caller_zip"),
    outcome: "allocated",
    total_routes: 1,
    allocated_count: 1,
    call_log_id,
    request: request("inbound.request", 3011),
    parameters: pairs("inbound.parameters"),
    eligible_routes: [
      {
        number: "+18885550100",
        payout: 1,
        duration: 1,
        payout_condition: about("inbound.eligible_routes: condition"),
        payout_condition_duration: null,
      },
    ],
    reply: body("inbound.reply", 3023),
    updated_at,
  },
  {
    kind: "rtb_request",
    direction: "outbound",
    request_id: ids.outbound,
    sent_at: at(2),
    auction_id: "auc",
    caller_id: number("outbound.caller_id"),
    outcome: "won",
    bid_amount: 1,
    call_log_id,
    inbound_request_id: ids.inbound,
    steps: [
      {
        order: 1,
        name: "ping",
        status: "failed",
        started_at: at(2),
        response_time_ms: 1,
        mapped_fields: {
          CALLER: number("outbound.steps.mapped_fields: number"),
          WITHIN: { zip: text("outbound.steps.mapped_fields: within") },
          [number("outbound.steps.mapped_fields: name")]: 1,
        },
        error: about("outbound.steps.error"),
        request: request("outbound.steps.request", 3037),
        response: response("outbound.steps.response"),
      },
    ],
    updated_at,
  },
  {
    kind: "rtb_event",
    request_id: ids.inbound,
    event_id: "e1",
    occurred_at: at(1),
    type: "inbound.received",
    level: "info",
    message: about("rtb_event.message"),
    data: { zip: text("rtb_event.data") },
    updated_at,
  },
  {
    kind: "webhook_request",
    direction: "incoming",
    request_id: ids.incoming,
    received_at: at(40),
    webhook_type: "update_fields",
    method: "POST",
    outcome: "applied",
    transaction_id: number("incoming.transaction_id"),
    phone_number: number("incoming.phone_number"),
    http_status: 200,
    call_log_id,
    request: request("incoming.request", 3049),
    response: response("incoming.response"),
    changes: [
      { field: "caller_id", before: number("incoming.changes: before"), after: number("incoming.changes: after") },
      { field: `tags.${number("incoming.changes: field")}`, before: null, after: true },
      { field: "phone", before: Number(`1310${sentinels.digits("incoming.changes: a number")}`), after: null },
      {
        field: "who",
        before: [text("incoming.changes: within a list")],
        after: { zip: text("incoming.changes: within") },
      },
    ],
    updated_at,
  },
  {
    kind: "webhook_request",
    direction: "outgoing",
    request_id: ids.outgoing,
    created_at: at(41),
    event_type: "call.completed",
    method: "POST",
    status: "failed",
    attempt_count: 1,
    call_log_id,
    updated_at,
  },
  {
    kind: "webhook_attempt",
    request_id: ids.outgoing,
    attempt: 1,
    started_at: at(41),
    response_time_ms: 1,
    error_code: "http_error",
    error_message: about("webhook_attempt.error_message"),
    request: request("webhook_attempt.request", 3061),
    response: response("webhook_attempt.response"),
    updated_at,
  },
  {
    kind: "webhook_attempt",
    request_id: ids.outgoing,
    attempt: 2,
    started_at: at(42),
    request: { method: "GET", url: `https://partner.example/p#${text("webhook_attempt.request.url: fragment alone")}` },
    updated_at,
  },
];

/** Filters by what is personal: an answer would say whether a guess is right. */
const personalFilters = [
  { report: "callLogs", filter: "caller_id", value: "+13105550142" },
  { report: "inboundRtb", filter: "caller_id", value: "+13105550142" },
  { report: "outboundRtb", filter: "caller_id", value: "+13105550142" },
  { report: "incomingWebhooks", filter: "phone_number", value: "+13105550142" },
  { report: "callLogs", filter: "tag", value: "customer_phone:+13105550142" },
  { report: "incomingWebhooks", filter: "transaction_id", value: "+13105550142" },
];

const window = { from: "2026-05-04", to: "2026-05-05" };

/** What a report is asked, so that all of it is seen: everything there is, a page, each dimension, each id. */
function inputsOf({ contract }: (typeof reports)[number]): Record<string, unknown>[] {
  if (contract.shape === "list")
    return [
      { ...window, totals: "true" },
      { ...window, order: "asc", limit: 1 },
    ];
  if (contract.shape === "summary") {
    const names = Object.keys(contract.dimensions);
    const groups = names.flatMap((_, index) => (index % 3 === 0 ? [names.slice(index, index + 3)] : []));
    return [{ ...window, interval: "day" }, ...groups.map((group_by) => ({ ...window, group_by }))];
  }
  return Object.values(ids).map((id) => ({ [contract.id]: id }));
}

/** Every path at which something of the records can be read, over REST and tRPC: reports, exports, refusals. */
const paths = [
  ...reports.flatMap((report) =>
    inputsOf(report).flatMap((input) => [
      pathFor(report.contract, input),
      `/trpc/${report.name}?input=${encodeURIComponent(JSON.stringify(input))}`,
    ]),
  ),
  ...reports.map(({ contract }) => `${pathFor(contract, { [contract.id]: "nothing", ...window })}&nothing=1`),
  ...exportOperations.flatMap(({ contract }) => {
    const columns = Object.keys(contract.row.shape).toReversed();
    return [{ format: "csv" }, { format: "ndjson" }, { format: "csv", columns }, { format: "ndjson", columns }]
      .map((form) => pathFor(contract, { ...window, totals: "true", ...form }))
      .concat(pathFor(contract, { ...window, estimate: "true" }));
  }),
];

describe.each(databases)("on $name", ({ create }) => {
  let api: Harness;
  let organization_id: string;
  beforeAll(async () => {
    api = await startHarness(create);
    organization_id = (await api.tenant()).organization_id;
    await pushed(api, organization_id, JSON.stringify(records));
  });
  afterAll(() => api[Symbol.asyncDispose]());

  const keyWith = (...scopes: ("reports:read" | "pii:read")[]) =>
    createKey(api.database, { organization_id, name: "reader", scopes });

  /** An answer as it came, its headers too. */
  async function answered(key: string, path: string): Promise<string> {
    const response = await fetch(api.url + path, { headers: { "X-API-Key": key } });
    if (response.status >= 500) throw new Error(`${path} answered ${response.status}`);
    return `${JSON.stringify([...response.headers])}\n${await response.text()}`;
  }

  /** Every answer, and the places whose sentinels are in it. */
  async function everything(key: string) {
    const all: { path: string; answer: string; found: string[] }[] = [];
    for (const path of paths) {
      const answer = await answered(key, path);
      all.push({ path, answer, found: sentinels.foundIn(spelledOut(answer)) });
    }
    return all;
  }

  test(
    "a key without pii:read finds nothing personal in any byte of any report, in whatever form",
    { timeout: 60_000 },
    async () => {
      const all = await everything(await keyWith("reports:read"));
      const leaks = all.flatMap(({ path, found }) => (found.length > 0 ? [`${path}: ${found.join(", ")}`] : []));
      expect(leaks).toStrictEqual([]);
      const numbers = all.flatMap(({ answer }) => answer.match(/(?<!\d)\+?1?310[\d*]{7,}/g) ?? []);
      const masked = numbers.filter((each) => each.includes("*"));
      // Two numbers of a path, one after the other, are masked as one.
      const pair = `+1310${"*".repeat(18)}`;
      expect([...new Set(masked)].toSorted()).toStrictEqual(["+1310*******", pair, "310*******"]);
    },
  );

  test("a key with pii:read finds every personal value", { timeout: 60_000 }, async () => {
    const all = await everything(await keyWith("reports:read", "pii:read"));
    expect([...new Set(all.flatMap(({ found }) => found))].toSorted()).toStrictEqual(sentinels.places);
  });

  test("a masked number shows its country and area, and how long it is", async () => {
    const key = await keyWith("reports:read");
    const json = async (path: string) => JSON.parse((await answered(key, path)).split("\n")[1] ?? "");
    const [calls, inbound, outbound, incoming] = await Promise.all(
      [
        `/v1/call-logs/${ids.call}`,
        `/v1/rtb/requests/${ids.inbound}`,
        `/v1/rtb/requests/${ids.outbound}`,
        `/v1/webhooks/incoming-requests/${ids.incoming}`,
      ].map(json),
    );
    const masked = "+1310*******";
    expect([calls.caller_id, inbound.caller_id, outbound.caller_id, incoming.phone_number]).toStrictEqual(
      Array.from({ length: 4 }, () => masked),
    );
    expect([calls.reason, calls.dial_name, outbound.steps[0].error]).toStrictEqual(
      Array.from({ length: 3 }, () => `The caller ${masked} asks`),
    );
  });

  test("no summary groups or is ordered by what is personal", () => {
    const personal = ["caller_id", "caller_zip", "phone_number", "recording_url", "reason", "tags", "transaction_id"];
    for (const { name, contract } of summaries) {
      const { group_by, order_by } = contract.input.shape;
      for (const each of personal)
        expect(
          [group_by.safeParse([each]).success, order_by.safeParse(each).success],
          `${name}: ${each}`,
        ).toStrictEqual([false, false]);
    }
  });

  test.each(personalFilters)(
    "$report refuses a key without pii:read that filters by $filter",
    async ({ report, filter, value }) => {
      const key = await keyWith("reports:read");
      const input = { ...window, [filter]: [value] };
      const asked = reports
        .filter(({ name }) => name === `${report}.list` || name === `summaries.${report}`)
        .flatMap(({ name, contract }) => [
          pathFor(contract, input),
          `/trpc/${name}?input=${encodeURIComponent(JSON.stringify(input))}`,
        ])
        .concat(
          exportOperations.filter(({ name }) => name === `${report}.list`).map((each) => pathFor(each.contract, input)),
        );
      expect(asked).toHaveLength(5);
      for (const path of asked) {
        const { status } = await fetch(api.url + path, { headers: { "X-API-Key": key } });
        expect([path, status]).toStrictEqual([path, 403]);
      }
    },
  );
});
