import { exampleRecords, type RecordInput } from "@moja/contracts";
import { stories } from "@moja/demo";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { anyRecord } from "../support/any-record.ts";
import { databases } from "../support/databases.ts";
import { ingestOrFail, startHarness, type Harness, type Tenant } from "../support/harness.ts";
import { rest } from "../support/http.ts";
import { propertyRuns, timeoutFor } from "../support/property-runs.ts";

type Row = Record<string, any>;

const exampleOf = (matches: (record: Row) => boolean) => exampleRecords.find(matches) as Row;
const examplePing = exampleOf(({ direction }) => direction === "inbound");
const exampleCall = exampleOf(({ kind }) => kind === "call");
const exampleBid: Row = {
  ...exampleOf(({ direction, outcome }) => direction === "outbound" && outcome === "won"),
  minimum_bid: 24.5,
  winning_bid: null,
  timeout_ms: null,
};

/** A bid that was decided in some way, and how the end of its life-log reads. */
const endings: [string, Row, string][] = [
  ["won", { outcome: "won", reason: null, bid_amount: 33.86 }, "33.86 USD won the auction"],
  ["lost", { outcome: "lost", reason: 401, bid_amount: 31.25 }, "31.25 USD lost to 33.86 USD"],
  ["lost", { outcome: "lost", reason: 401, bid_amount: 40 }, "40.00 USD was not chosen: 33.86 USD won"],
  ["lost", { outcome: "lost", reason: 402, bid_amount: 33.86 }, "33.86 USD was not chosen: an equal bid won"],
  ["rejected", { outcome: "rejected", reason: 301, bid_amount: 22.73 }, "22.73 USD is below the minimum of 24.50 USD"],
  ["rejected", { outcome: "rejected", reason: 302, bid_amount: 30 }, "30.00 USD was refused: duplicate bid"],
  ["no_bid", { outcome: "no_bid", reason: 0 }, "No bid: the buyer declined without giving a reason"],
  ["not_pinged", { outcome: "not_pinged", reason: 203 }, "Not asked: a cap of the target is reached"],
  ["timeout", { outcome: "timeout", reason: 101 }, "No answer: the buyer did not answer in time"],
  ["timeout", { outcome: "timeout", reason: 101, timeout_ms: 500 }, "No answer within 500 ms"],
  ["timeout", { outcome: "timeout", reason: 101, response_time_ms: 812 }, "Answered after 812 ms, too late"],
  [
    "timeout",
    { outcome: "timeout", reason: 101, response_time_ms: 812, timeout_ms: 500 },
    "Answered after 812 ms, 312 ms over the limit of 500 ms",
  ],
  [
    "error",
    { outcome: "error", reason: 104, http_status: 503 },
    "Failed: the buyer's server answered with an HTTP error (HTTP 503)",
  ],
];

describe.each(databases)("life-logs on $name", ({ create }) => {
  let api: Harness;
  beforeAll(async () => {
    api = await startHarness(create);
  });
  afterAll(() => api[Symbol.asyncDispose]());

  const lifeLog = async ({ key }: Tenant, request_id: string): Promise<Row[]> => {
    const { status, body } = await rest(api, key, `/v1/rtb/requests/${encodeURIComponent(request_id)}/life-log`);
    expect(status, JSON.stringify(body)).toBe(200);
    return body.data;
  };

  function expectInOrder(events: Row[]): void {
    expect(events.length).toBeGreaterThanOrEqual(2);
    expect(events.map(({ sequence }) => sequence)).toStrictEqual(events.map((_, index) => index + 1));
    const times = events.map(({ occurred_at }) => occurred_at);
    expect(times).toStrictEqual(times.toSorted());
  }

  test("each of the demo begins with what was received or sent, ends with its outcome and then its call", async () => {
    const tenant = await api.tenant();
    const records = [...stories(0, { count: 90, now: Date.UTC(2026, 4, 30), magic: true })].flat();
    await ingestOrFail(tenant, records);
    const requests = records.filter((record) => record.kind === "rtb_request");
    expect(new Set(requests.map(({ direction, outcome }) => `${direction} ${outcome}`)).size).toBe(10);
    const calls = new Set(records.flatMap((record) => (record.kind === "call" ? [record.call_log_id] : [])));
    for (const { request_id, direction, outcome, call_log_id } of requests) {
      const events = await lifeLog(tenant, request_id);
      expectInOrder(events);
      const beginning = outcome === "not_pinged" ? "not_sent" : "sent";
      expect(events[0]?.["type"]).toBe(direction === "inbound" ? "inbound.received" : `outbound.${beginning}`);
      expect(events[0]?.["offset_ms"]).toBe(0);
      const isOfCall = ({ type }: Row) => type.startsWith("call.");
      expect(events.filter(isOfCall)).toHaveLength(calls.has(call_log_id ?? "") ? 1 : 0);
      expect(events.findLastIndex((event) => !isOfCall(event))).toBe(
        events.findIndex(({ type }) => type === `${direction}.${outcome}`),
      );
      expect(events.findIndex(isOfCall)).toBe(calls.has(call_log_id ?? "") ? events.length - 1 : -1);
    }
  });

  test.each(endings)(
    "a bid that ended as %s says so with its numbers: %o reads %s",
    async (outcome, change, message) => {
      const tenant = await api.tenant();
      const bid: Row = { ...exampleBid, bid_amount: null, response_time_ms: null, http_status: null, ...change };
      const winner = { ...exampleBid, bid_amount: 33.86, request_id: "winner" };
      const others = outcome === "won" ? [] : [winner];
      await ingestOrFail(tenant, [{ ...bid, request_id: "bid" }, ...others, exampleCall] as RecordInput[]);
      const events = await lifeLog(tenant, "bid");
      expectInOrder(events);
      const end = events.find(({ type }) => type === `outbound.${outcome}`);
      expect(end?.["message"]).toBe(message);
      expect(end?.["data"]).toMatchObject({
        outcome,
        bid_amount: bid["bid_amount"],
        minimum_bid: 24.5,
        winning_bid: 33.86,
        reason_code: bid["reason"],
        timeout_ms: bid["timeout_ms"],
      });
      const { body: timeline } = await rest(api, tenant.key, `/v1/call-logs/${exampleCall["call_log_id"]}/timeline`);
      const told = timeline.data.find(({ link }: Row) => link?.id === "bid");
      expect(told.message).toBe(`Clearwater live bids: ${message.charAt(0).toLowerCase()}${message.slice(1)}`);
      expect(told.data).toStrictEqual(end?.["data"]);
    },
  );

  test("a bid that lost to zero, or to a buyer that is not recorded, is told by what is known", async () => {
    const tenant = await api.tenant();
    const lost: Row = { ...exampleBid, outcome: "lost", reason: 402, bid_amount: 40 };
    const unwon = { ...lost, request_id: "unwon", auction_id: "unwon", winning_bid: 0, inbound_request_id: "ping_1" };
    const unknown = { ...lost, request_id: "u", auction_id: "u", winning_bid: 41, inbound_request_id: "ping_2" };
    const ping = { ...examplePing, outcome: "no_routes", call_log_id: null };
    await ingestOrFail(tenant, [
      unwon,
      unknown,
      { ...ping, request_id: "ping_1" },
      { ...ping, request_id: "ping_2" },
    ] as RecordInput[]);
    const told = async (request_id: string) => (await lifeLog(tenant, request_id)).map(({ message }) => message);
    expect(await told("unwon")).toContain("40.00 USD was not chosen: the caller hung up first");
    expect(await told("ping_1")).toContain("No bid won: the highest bid was 40.00 USD");
    expect(await told("u")).toContain("40.00 USD lost to 41.00 USD");
    expect(await told("ping_2")).toContain("41.00 USD won; the request to its buyer is not recorded");
  });

  test("each step is told with its answer and its time, and the bid after it", async () => {
    const tenant = await api.tenant();
    const started_at = "2026-05-04T11:59:56.400Z";
    const step = { status: "succeeded", started_at, response_time_ms: 100, response: { status: 200 } };
    const steps = [
      { ...step, order: 1, name: "Ping" },
      { ...step, order: 2, name: "Post", started_at: "2026-05-04T11:59:56.500Z", status: "failed", error: "No bid id" },
      { ...step, order: 3_000_000_000, name: "", status: "skipped", response_time_ms: null, response: null },
    ];
    await ingestOrFail(tenant, [{ ...exampleBid, request_id: "bid", steps }] as RecordInput[]);
    expect(
      (await lifeLog(tenant, "bid")).map(({ offset_ms, type, step, message }) => [offset_ms, type, step, message]),
    ).toStrictEqual([
      [0, "outbound.sent", null, "Clearwater live bids was asked for a bid of at least 24.50 USD"],
      [0, "step.skipped", null, "Step 3000000000: skipped"],
      [100, "step.succeeded", 1, "Ping: answered HTTP 200 in 100 ms"],
      [200, "step.failed", 2, "Post: failed HTTP 200 in 100 ms: No bid id"],
      [200, "outbound.bid", null, "The bid is 31.25 USD, the minimum is 24.50 USD"],
      [200, "outbound.won", null, "31.25 USD won the auction"],
    ]);
  });

  test("a recorded event is told in the place of the one that would be made of its type and step", async () => {
    const tenant = await api.tenant();
    const event = {
      ...exampleOf(({ kind }) => kind === "rtb_event"),
      request_id: "ping",
      type: "inbound.received",
      message: "Recorded",
    };
    const ping = { ...examplePing, request_id: "ping" };
    await ingestOrFail(tenant, [ping, event, { ...event, event_id: "step", step: 1 }] as RecordInput[]);
    const events = await lifeLog(tenant, "ping");
    expect(events.filter(({ type }) => type === "inbound.received").map(({ message }) => message)).toStrictEqual([
      "Recorded",
      "Recorded",
    ]);
    expect(events.at(-1)).toMatchObject({ type: "inbound.allocated" });
  });

  test("the caller's number in what an event is made from is masked without pii:read", async () => {
    const tenant = await api.tenant({ scopes: ["reports:read"] });
    const steps = [
      {
        order: 1,
        name: "Ping",
        status: "failed",
        response_time_ms: null,
        started_at: exampleBid["sent_at"],
        error: "No route for +13105550142",
      },
    ];
    await ingestOrFail(tenant, [{ ...exampleBid, request_id: "bid", steps }, exampleCall] as RecordInput[]);
    const events = await lifeLog(tenant, "bid");
    expect(JSON.stringify(events)).not.toContain("5550142");
    expect(events.map(({ type }) => type)).toContain("call.completed");
  });

  test(
    "any request of any outcome has one, in order, with and without personal data",
    async () => {
      const [tenant, masked] = [await api.tenant(), await api.tenant({ scopes: ["reports:read"] })];
      let count = 0;
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.oneof(anyRecord("inbound"), anyRecord("outbound")), { minLength: 1, maxLength: 6 }),
          fc.array(anyRecord("call"), { maxLength: 2 }),
          async (requests, calls) => {
            const records = requests.map((request) => ({ ...request, request_id: `r${++count}` }));
            for (const each of [tenant, masked]) {
              await ingestOrFail(each, [...records, ...calls] as RecordInput[]);
              for (const { request_id, direction, outcome } of records as Row[]) {
                const events = await lifeLog(each, request_id);
                expectInOrder(events);
                expect(events.map(({ type }) => type)).toContain(`${direction}.${outcome}`);
                expect(events.some(({ type }) => /^inbound.received$|^outbound.(not_)?sent$/.test(type))).toBe(true);
              }
            }
          },
        ),
        propertyRuns(40),
      );
    },
    timeoutFor(60),
  );
});
