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

describe.each(databases)("roll-ups on $name", ({ name, create }) => {
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

  test("wait for no call that comes after the question", async () => {
    const tenant = await api.tenant();
    await accepted(tenant, [recordFor(list, "call_1", midnight)]);
    const again = "call_marks (organization_id, hour, mark) values (old.organization_id, old.hour, old.mark || '+')";
    const onSqlite = `create trigger marks_return after delete on call_marks begin insert into ${again}; end`;
    const onPostgres = `create function marks_return() returns trigger language plpgsql as $$ begin insert into ${again}; return null; end $$; create trigger marks_return after delete on call_marks for each row execute function marks_return()`;
    await api.database.raw(name === "SQLite" ? onSqlite : onPostgres);
    await expectRows(tenant, {});
    await expectRows(tenant, { by: "status" });
    await api.database.raw(name === "SQLite" ? "drop trigger marks_return" : "drop function marks_return cascade");
  });

  test("are exact, or the rows answer, or nobody does", async () => {
    const tenant = await api.tenant();
    const paid = (id: string, revenue_paid_out: number) => recordFor(list, id, midnight, { revenue_paid_out, publisher_paid_out: 0, cost: 0 });
    const revenue = async (input: Row = {}) => (await rest(api, tenant.key, addressOf(promise, { ...window, ...input }))).body;
    const amounts = Array.from({ length: 26 }, (_, index) => (index < 13 ? 999_999_999.999999 : -999_999_999.999997));
    await accepted(tenant, amounts.map((amount, index) => paid(`call_${index + 10}`, amount)));
    expect((await revenue()).totals).toMatchObject({ calls: 26, revenue_paid_out: 0.000026, profit: 0.000026 });

    const tooLarge = { code: "invalid_request", issues: [{ path: "from", message: expect.stringMatching(/is beyond 4294967296 USD, where it would not be exact: choose a shorter window/) }] };
    await accepted(tenant, Array.from({ length: 12 }, (_, index) => paid(`more_${index}`, 1e9)));
    expect([await revenue(), await revenue({ group_by: ["status"], interval: "hour" })]).toMatchObject([tooLarge, tooLarge]);
    await api.database("calls").where({ organization_id: tenant.organization_id }).update({ revenue_paid_out: 9e18 });
    expect([await revenue(), await revenue({ group_by: ["status"] }), await revenue({ duration_seconds_min: 0 })]).toMatchObject([tooLarge, tooLarge, tooLarge]);
    expect((await revenue({ from: "2026-05-04T00:01:00Z" })).totals).toMatchObject({ calls: 0 });
  });

  test("keep nothing of calls that were deleted for their age", async () => {
    const tenant = await api.tenant();
    await accepted(tenant, [0, 30, 60, 90].map((minutes) => recordFor(list, `call_${minutes}`, midnight + minutes * minuteMs)));
    await expectRows(tenant, {});
    await accepted(tenant, [recordFor(list, "call_1", midnight - 24 * 60 * minuteMs)]);
    await retain(api.database, midnight + 60 * minuteMs);
    const kept = (table: string) => api.database(table).where({ organization_id: tenant.organization_id, dimension: "" }).select("start", "calls");
    expect([await kept("call_hours"), await kept("call_four_hours")]).toStrictEqual([[{ start: midnight + 60 * minuteMs, calls: 2 }], [{ start: midnight, calls: 2 }]]);
    expect(await api.database("call_marks")).toStrictEqual([]);
  });
});

test("roll-ups on PostgreSQL are what the rows are, after a call moved while it was deleted for its age, with a question between", async () => {
  await using api = await world(databases[1].create);
  const tenant = await api.tenant();
  const at = (minutes: number, change = {}) => recordFor(list, `call_${minutes}`, midnight + minutes * minuteMs, change);
  const calls = async () => [(await rest(api, tenant.key, addressOf(promise, window))).body.totals.calls, (await rest(api, tenant.key, addressOf(list, window))).body.data.length];
  await accepted(tenant, [at(0), at(60), at(120)]);
  const holding = async (id: string) => {
    const transaction = await api.database.transaction();
    await transaction("calls").where({ organization_id: tenant.organization_id, call_log_id: id }).forUpdate();
    return transaction;
  };
  const [first, second] = [await holding("call_0"), await holding("call_60")];
  const moving = tenant.record([{ ...at(0), started_at: new Date(midnight + 180 * minuteMs).toISOString(), updated_at: "2026-05-05T00:00:00.000Z" }]);
  await waiters(api, 1);
  const deleting = retain(api.database, midnight + 200 * minuteMs);
  await waiters(api, 2);
  await first.commit();
  await moving;
  expect(await calls()).toStrictEqual([3, 3]);
  await second.commit();
  await deleting;
  expect(await calls()).toStrictEqual([1, 1]);
  await retain(api.database, midnight + 200 * minuteMs);
  expect(await calls()).toStrictEqual([0, 0]);
});

/** Waits until so many of PostgreSQL's transactions wait for another one. */
async function waiters(api: World, count: number): Promise<void> {
  await vi.waitFor(async () => {
    const { rows } = await api.database.raw<{ rows: Row[] }>("select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'");
    expect(rows).toHaveLength(count);
  }, 5000);
}
