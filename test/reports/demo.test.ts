import { stories, demoOrganizations, refreshDemo, writeDemo } from "@moja/demo";
import { createOrganization, openDatabase, type Database } from "@moja/store";
import { describe, expect, test } from "vitest";
import { databases } from "../support/databases.ts";

type Row = Record<string, any>;

const now = Date.UTC(2026, 4, 30, 15);
const dayMs = 24 * 60 * 60 * 1000;
const records: Row[] = [...stories(0, { count: 800, now, magic: true })].flat();
const of = (kind: string, direction?: string) =>
  records.filter((record) => record["kind"] === kind && (!direction || record["direction"] === direction));

describe("the demo's stories", () => {
  test("calls that were routed by RTB have an RTB, calls that were routed to a target have a target", () => {
    const calls = of("call");
    for (const [dial_type, id] of [
      ["rtb", "rtb_id"],
      ["rtb_group", "rtb_id"],
      ["target", "target_id"],
    ] as const) {
      const routed = calls.filter((call) => call["dial_type"] === dial_type);
      expect(routed.length).toBeGreaterThan(0);
      expect(routed.filter((call) => typeof call[id] !== "string")).toStrictEqual([]);
    }
  });

  test("an allocation takes as long as its auction, and one that was not tried no time that is known", () => {
    for (const { request_id, received_at, outcome, allocation_time_ms } of of("rtb_request", "inbound")) {
      if (outcome === "rejected") {
        expect(allocation_time_ms).toBeNull();
        continue;
      }
      const bids = of("rtb_request", "outbound").filter((bid) => bid["inbound_request_id"] === request_id);
      const waited = bids.map(({ sent_at, response_time_ms, timeout_ms, outcome: ending }) =>
        ending === "not_pinged" ? 0 : Date.parse(sent_at) + Math.min(response_time_ms ?? timeout_ms, timeout_ms),
      );
      expect(allocation_time_ms).toBe(Math.max(...waited) - Date.parse(received_at) + 5);
      expect(allocation_time_ms).toBeLessThan(1000);
    }
  });

  test("a multi-step request takes as long as its steps, one after the other", () => {
    const multiStep = of("rtb_request", "outbound").filter(({ steps }) => steps.length > 1);
    expect(multiStep.length).toBeGreaterThan(0);
    for (const { sent_at, response_time_ms, steps } of multiStep) {
      const ends = steps.map((step: Row) => Date.parse(step["started_at"]) + step["response_time_ms"]);
      expect(Date.parse(steps[0].started_at)).toBe(Date.parse(sent_at));
      expect(Date.parse(steps[1].started_at)).toBe(ends[0]);
      expect(ends[1]).toBe(Date.parse(sent_at) + response_time_ms);
    }
  });

  test("an incoming webhook's path is its type, and one that failed says in its reply what was wrong", () => {
    const webhooks = of("webhook_request", "incoming");
    expect(new Set(webhooks.map(({ request }) => new URL(request.url).pathname))).toStrictEqual(
      new Set(["/update-revenue", "/update-tags"]),
    );
    const invalid = webhooks.filter(({ outcome }) => outcome === "invalid");
    expect(invalid.length).toBeGreaterThan(0);
    for (const { request, response } of invalid) {
      const { message } = JSON.parse(response.body.text);
      const [field] = /^\w+/.exec(message) ?? [];
      expect(message).toMatch(/ is missing/);
      expect(JSON.parse(request.body.text)).not.toHaveProperty(String(field));
    }
    for (const { outcome, error_code, response } of webhooks) {
      const isTaken = outcome === "applied" || outcome === "duplicate";
      expect(JSON.parse(response.body.text).error ?? null).toBe(error_code);
      expect(error_code === null).toBe(isTaken);
    }
  });

  test("an auction is won by its highest bid, and by none only where none reached the minimum", () => {
    const auctions = Map.groupBy(of("rtb_request", "outbound"), ({ auction_id }) => auction_id);
    const lost = [...auctions.values()].filter((bids) => bids.every(({ outcome }) => outcome !== "won"));
    expect(lost.length).toBeGreaterThan(10);
    for (const bids of lost)
      for (const { bid_amount, minimum_bid } of bids) expect(bid_amount ?? 0).toBeLessThan(minimum_bid);
    for (const { outcome, bid_amount, winning_bid } of of("rtb_request", "outbound"))
      if (outcome === "lost") expect(bid_amount).toBeLessThanOrEqual(winning_bid);
  });

  test("a call that has ended pays or has a reason", () => {
    const ended = new Map(of("call").map((call) => [call["call_log_id"], call])).values();
    for (const { status, revenue_paid_out, no_payout_reason, reason } of ended)
      if (status !== "connected")
        expect([revenue_paid_out > 0, no_payout_reason !== null && reason !== null]).not.toStrictEqual([false, false]);
  });

  test("a call that did not pay says by which numbers, in words and in data", () => {
    const unpaid = of("call").filter(({ no_payout_reason }) => no_payout_reason !== null);
    expect(new Set(unpaid.map(({ no_payout_reason }) => no_payout_reason)).size).toBe(2);
    expect(unpaid.filter(({ status }) => status === "failed").length).toBeGreaterThan(10);
    for (const { call_log_id, status, no_payout_reason, connected_seconds, hangup_cause, reason } of unpaid) {
      const { message, data } = of("call_event").find(
        (event) => event["call_log_id"] === call_log_id && /^call.(completed|failure)$/.test(event["type"]),
      ) as Row;
      for (const [number] of `${reason} ${message}`.matchAll(/\d+/g))
        expect(Object.values(data).map(String)).toContain(number);
      expect(data).toMatchObject({ no_payout_reason, connected_seconds, pays_from_seconds: expect.any(Number) });
      const numbers =
        no_payout_reason === "Caps exceeded"
          ? `${data.calls_today} of ${data.daily_cap} calls`
          : `${connected_seconds} s of ${data.pays_from_seconds} s`;
      const failure = status === "failed" ? `Not answered: ${hangup_cause}. ` : "";
      expect(message).toBe(`${failure}No payout: ${no_payout_reason} (${numbers})`);
    }
  });
});

describe.each(databases)("a demo on $name", ({ create }) => {
  const newestCalls = (database: Database) =>
    Promise.all(
      demoOrganizations.map(async ({ organization_id }) => {
        const { newest } = (await database("calls").where({ organization_id }).max({ newest: "started_at" }).first())!;
        return Number(newest);
      }),
    );
  const allCalls = (database: Database) => database("calls").select("organization_id", "call_log_id", "started_at");

  test("whose newest call is older than a day is continued up to now, and keeps what it has", async () => {
    await using fresh = await create();
    const database = await openDatabase(fresh.url);
    await writeDemo(database, { calls: 100, now: now - 3 * dayMs });
    const before = await allCalls(database);
    expect(await refreshDemo(database, { now: now - 2.5 * dayMs })).toBe(0);
    expect(await refreshDemo(database, { now })).toBeGreaterThan(150);
    for (const newest of await newestCalls(database)) {
      expect(newest).toBeLessThanOrEqual(now);
      expect(newest).toBeGreaterThan(now - 2 * 60 * 60 * 1000);
    }
    const after = await allCalls(database);
    expect(after).toStrictEqual(expect.arrayContaining(before));
    const told = after.filter(({ started_at }) => Number(started_at) > now - 3 * dayMs);
    expect(told.length).toBeGreaterThan(100);
    expect(after).toHaveLength(before.length + told.length);
    expect(await refreshDemo(database, { now })).toBe(0);
    await database.destroy();
  });

  test("without a call is not old", async () => {
    await using fresh = await create();
    const database = await openDatabase(fresh.url);
    await writeDemo(database, { calls: 20, now });
    await database("calls").delete();
    expect(await refreshDemo(database, { now: now + 3 * dayMs })).toBe(0);
    await database.destroy();
  });

  test("is left alone in a database with other organizations", async () => {
    await using fresh = await create();
    const database = await openDatabase(fresh.url);
    await writeDemo(database, { calls: 20, now: now - 3 * dayMs });
    await createOrganization(database, { organization_id: "acme", name: "Acme", plan: "premium", api_access: true });
    const before = await allCalls(database);
    expect(await refreshDemo(database, { now })).toBe(0);
    expect(await allCalls(database)).toStrictEqual(before);
    await database.destroy();
  });
});
