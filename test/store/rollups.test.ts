import { retain } from "@moja/store";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { addressOf, rest, summaries } from "../support/ask.ts";
import { databases } from "../support/databases.ts";
import { naive } from "../support/naive.ts";
import { anyCall } from "../support/random-rows.ts";
import { recordFor } from "../support/rows.ts";
import { accepted, world, type Tenant, type World } from "../support/world.ts";

type Row = Record<string, any>;

const [{ promise, list }] = summaries as [(typeof summaries)[number]];
const minuteMs = 60 * 1000;
const midnight = Date.parse("2026-05-04");
const window = { from: "2026-05-03T23:50:00.001Z", to: "2026-05-06T00:20:00.000Z" };

/** Few times, around the edges of roll-ups and the window, so that calls meet and move between them. */
const someTime = fc.tuple(fc.constantFrom(-10, 0, 15, 4 * 60, 24 * 60, 48 * 60, 48 * 60 + 15), fc.constantFrom(0, 1, -1)).map(([minutes, ms]) => midnight + minutes * minuteMs + ms);
const written = fc.record({ does: fc.constant("write" as const), id: fc.constantFrom("a", "b", "c", "d", "e"), at: someTime, updated: fc.integer({ min: 0, max: 5 }), change: anyCall });
const asked = fc.record({
  does: fc.constant("ask" as const),
  by: fc.constantFrom(undefined, ...Object.keys(promise.dimensions)),
  filter: fc.constantFrom(undefined, { campaign_id: ["camp_a", "camp_x"] }, { buyer_id: ["buyer_b"] }, { dial_type: ["rtb", "ivr"] }, { caller_state: ["NY"] }, { converted: "yes" }, { moja_magic: "no" }),
  interval: fc.constantFrom(undefined, "hour", "day"),
  time_zone: fc.constantFrom("UTC", "America/New_York", "Asia/Kathmandu"),
});
const deleted = fc.record({ does: fc.constant("delete" as const), before: someTime });

describe.each(databases)("roll-ups on $name", ({ create }) => {
  let api: World;
  beforeAll(async () => void (api = await world(create)));
  afterAll(() => api[Symbol.asyncDispose]());

  const measured = (rows: Row[]) => Object.fromEntries(Object.entries(naive["callLogs"] ?? {}).map(([measure, compute]) => [measure, compute(rows, () => undefined)]));

  async function expectRows(tenant: Tenant, { by, filter, interval, time_zone }: { by?: string | undefined; filter?: Row | undefined; interval?: string | undefined; time_zone?: string }) {
    const input = { ...window, ...filter, ...(by && { group_by: [by] }), ...(interval && { interval }), ...(time_zone && { time_zone }), top: 12 };
    const { status, body } = await rest(api, tenant.key, addressOf(promise, input));
    expect(status, JSON.stringify(body)).toBe(200);
    const rows: Row[] = (await rest(api, tenant.key, addressOf(list, { ...window, ...filter, limit: 1000 }))).body.data;
    expect(body.totals).toStrictEqual(measured(rows));
    const shown = by ? Map.groupBy(rows, (row) => row[by]) : new Map([[undefined, rows]]);
    expect(body.data).toHaveLength(shown.size);
    for (const { group, series, ...measures } of body.data) {
      const own = shown.get(by && group[by]) ?? [];
      expect(measures).toStrictEqual(measured(own));
      for (const { start, end, hours: _, ...bucket } of series ?? []) expect(bucket).toStrictEqual(measured(own.filter((row) => row[list.at] >= start && row[list.at] < end)));
    }
  }

  test("are what the rows are, after calls are written, corrected, moved, sent again and deleted in any order, with questions between", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof({ weight: 5, arbitrary: written }, { weight: 3, arbitrary: asked }, { weight: 1, arbitrary: deleted }), { minLength: 3, maxLength: 14 }), asked, async (steps, last) => {
        const tenant = await api.tenant();
        for (const step of [...steps, last]) {
          if (step.does === "write") await tenant.record([recordFor(list, step.id, step.at, { updated_at: new Date(midnight + step.updated).toISOString(), ...step.change })]);
          if (step.does === "delete") await retain(api.database, step.before);
          if (step.does === "ask") await expectRows(tenant, step);
        }
      }),
      { numRuns: 40 },
    );
  }, 180_000);

  test("are what the rows are, while several writers and readers are at it", async () => {
    const tenant = await api.tenant();
    await Promise.all(Array.from({ length: 12 }, async (_, writer) => {
      for (let turn = 0; turn < 8; turn++) {
        await accepted(tenant, [recordFor(list, `call_${turn}`, midnight + ((writer * 7 + turn) % 5) * 15 * minuteMs, { updated_at: new Date(midnight + writer * 10 + turn).toISOString() }), recordFor(list, `call_${writer}_${turn}`, midnight + turn * minuteMs)]);
        if (writer % 3 === 0) expect((await rest(api, tenant.key, addressOf(promise, window))).status).toBe(200);
      }
    }));
    await expectRows(tenant, {});
    await expectRows(tenant, { by: "campaign_id", interval: "hour" });
  });

  test("are read instead of the rows: four hours at once, single hours where an edge cuts them, and rows only where one cuts an hour", async () => {
    const tenant = await api.tenant();
    await accepted(tenant, Array.from({ length: 50 }, (_, index) => recordFor(list, `call_${index}`, midnight + index * 10 * minuteMs)));
    const calls = async (input: Row) => (await rest(api, tenant.key, addressOf(promise, { ...window, ...input }))).body.totals.calls as number;
    const cut = { from: "2026-05-04T00:10:00Z" };
    await expectRows(tenant, {});
    expect(await calls(cut)).toBe(49);
    await api.database("call_four_hours").where({ organization_id: tenant.organization_id }).delete();
    expect([await calls({}), await calls(cut), await calls({ interval: "hour" })]).toStrictEqual([0, 5 + 18, 50]);
    await api.database("call_hours").where({ organization_id: tenant.organization_id }).delete();
    expect([await calls(cut), await calls({ duration_seconds_min: 0 })]).toStrictEqual([5, 50]);
  });

  test("are added up on the side after calls of many hours were written, and the rows answer meanwhile", async () => {
    const tenant = await api.tenant();
    await accepted(tenant, Array.from({ length: 48 }, (_, hour) => recordFor(list, `call_${hour}`, midnight + hour * 60 * minuteMs)));
    const marks = () => api.database("call_marks").where({ organization_id: tenant.organization_id });
    await Promise.all([expectRows(tenant, {}), expectRows(tenant, { by: "status", interval: "hour" }), expectRows(tenant, { by: "status", interval: "day" })]);
    await vi.waitFor(async () => expect(await marks()).toStrictEqual([]), 10_000);
    await expectRows(tenant, {});
    await api.database("calls").where({ organization_id: tenant.organization_id }).delete();
    expect((await rest(api, tenant.key, addressOf(promise, window))).body.totals.calls).toBe(48);
  });
});
