import { purge } from "@moja/store";
import BetterSqlite3 from "better-sqlite3";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { databases } from "../support/databases.ts";
import { ingestOrFail, startHarness, type Harness, type Tenant } from "../support/harness.ts";
import { pathFor, rest, summaries } from "../support/http.ts";
import { anyCall } from "../support/random-rows.ts";
import { recordFor } from "../support/record-factory.ts";
import { referenceModel } from "../support/reference-model.ts";

type Row = Record<string, any>;

const [{ contract, list }] = summaries as [(typeof summaries)[number]];
const minuteMs = 60 * 1000;
const midnight = Date.parse("2026-05-04");
const window = { from: "2026-05-03T23:50:00.001Z", to: "2026-05-06T00:20:00.000Z" };

/** Few times, around the edges of roll-ups and the window, so that calls meet and move between them. */
const someTime = fc
  .tuple(fc.constantFrom(-10, 0, 15, 4 * 60, 24 * 60, 48 * 60, 48 * 60 + 15), fc.constantFrom(0, 1, -1))
  .map(([minutes, ms]) => midnight + minutes * minuteMs + ms);
const written = fc.record({
  does: fc.constant("write" as const),
  id: fc.constantFrom("a", "b", "c", "d", "e"),
  at: someTime,
  updated: fc.integer({ min: 0, max: 5 }),
  change: anyCall,
});
const asked = fc.record({
  does: fc.constant("ask" as const),
  by: fc.constantFrom(undefined, ...Object.keys(contract.dimensions)),
  filter: fc.constantFrom(
    undefined,
    { campaign_id: ["camp_a", "camp_x"] },
    { buyer_id: ["buyer_b"] },
    { dial_type: ["rtb", "ivr"] },
    { caller_state: ["NY"] },
    { converted: "yes" },
    { moja_magic: "no" },
  ),
  interval: fc.constantFrom(undefined, "hour", "day"),
  time_zone: fc.constantFrom("UTC", "America/New_York", "Asia/Kathmandu"),
});
const deleted = fc.record({ does: fc.constant("delete" as const), before: someTime });

describe.each(databases)("roll-ups on $name", ({ name, create }) => {
  let api: Harness;
  beforeAll(async () => void (api = await startHarness(create)));
  afterAll(() => api[Symbol.asyncDispose]());

  const measured = (rows: Row[]) =>
    Object.fromEntries(
      Object.entries(referenceModel["callLogs"] ?? {}).map(([measure, compute]) => [
        measure,
        compute(rows, () => undefined),
      ]),
    );

  async function expectRows(
    tenant: Tenant,
    {
      by,
      filter,
      interval,
      time_zone,
    }: { by?: string | undefined; filter?: Row | undefined; interval?: string | undefined; time_zone?: string },
  ) {
    const input = {
      ...window,
      ...filter,
      ...(by && { group_by: [by] }),
      ...(interval && { interval }),
      ...(time_zone && { time_zone }),
      top: 12,
    };
    const { status, body } = await rest(api, tenant.key, pathFor(contract, input));
    expect(status, JSON.stringify(body)).toBe(200);
    const rows: Row[] = (await rest(api, tenant.key, pathFor(list, { ...window, ...filter, limit: 1000 }))).body.data;
    expect(body.totals).toStrictEqual(measured(rows));
    const shown = by ? Map.groupBy(rows, (row) => row[by]) : new Map([[undefined, rows]]);
    expect(body.data).toHaveLength(shown.size);
    for (const { group, series, ...measures } of body.data) {
      const own = shown.get(by && group[by]) ?? [];
      expect(measures).toStrictEqual(measured(own));
      for (const { start, end, hours: _, ...bucket } of series ?? [])
        expect(bucket).toStrictEqual(measured(own.filter((row) => row[list.at] >= start && row[list.at] < end)));
    }
  }

  test("are what the rows are, after calls are written, corrected, moved, sent again and deleted in any order, with questions between", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.oneof(
            { weight: 5, arbitrary: written },
            { weight: 3, arbitrary: asked },
            { weight: 1, arbitrary: deleted },
          ),
          { minLength: 3, maxLength: 14 },
        ),
        asked,
        async (steps, last) => {
          const tenant = await api.tenant();
          for (const step of [...steps, last]) {
            if (step.does === "write")
              await tenant.ingest([
                recordFor(list, step.id, step.at, {
                  updated_at: new Date(midnight + step.updated).toISOString(),
                  ...step.change,
                }),
              ]);
            if (step.does === "delete") await purge(api.database, step.before);
            if (step.does === "ask") await expectRows(tenant, step);
          }
        },
      ),
      { numRuns: 40 },
    );
  }, 180_000);

  test("are what the rows are, while several writers and readers are at it", async () => {
    const tenant = await api.tenant();
    await Promise.all(
      Array.from({ length: 12 }, async (_, writer) => {
        for (let turn = 0; turn < 8; turn++) {
          await ingestOrFail(tenant, [
            recordFor(list, `call_${turn}`, midnight + ((writer * 7 + turn) % 5) * 15 * minuteMs, {
              updated_at: new Date(midnight + writer * 10 + turn).toISOString(),
            }),
            recordFor(list, `call_${writer}_${turn}`, midnight + turn * minuteMs),
          ]);
          if (writer % 3 === 0) expect((await rest(api, tenant.key, pathFor(contract, window))).status).toBe(200);
        }
      }),
    );
    await expectRows(tenant, {});
    await expectRows(tenant, { by: "campaign_id", interval: "hour" });
  });

  test("are read instead of the rows: four hours at once, single hours where an edge cuts them, and rows only where one cuts an hour", async () => {
    const tenant = await api.tenant();
    await ingestOrFail(
      tenant,
      Array.from({ length: 50 }, (_, index) => recordFor(list, `call_${index}`, midnight + index * 10 * minuteMs)),
    );
    const calls = async (input: Row) =>
      (await rest(api, tenant.key, pathFor(contract, { ...window, ...input }))).body.totals.calls as number;
    const cut = { from: "2026-05-04T00:10:00Z" };
    await expectRows(tenant, {});
    expect(await calls(cut)).toBe(49);
    await api.database("call_four_hours").where({ organization_id: tenant.organization_id }).delete();
    expect([await calls({}), await calls(cut), await calls({ interval: "hour" })]).toStrictEqual([0, 5 + 18, 50]);
    await api.database("call_hours").where({ organization_id: tenant.organization_id }).delete();
    expect([await calls(cut), await calls({ duration_seconds_min: 0 })]).toStrictEqual([5, 50]);
  });

  test("are what the rows are, after a call moved to another hour", async () => {
    const tenant = await api.tenant();
    await ingestOrFail(tenant, [recordFor(list, "call_1", midnight), recordFor(list, "call_2", midnight)]);
    await expectRows(tenant, { interval: "hour" });
    await ingestOrFail(tenant, [
      recordFor(list, "call_1", midnight + 25 * 60 * minuteMs, { updated_at: "2026-05-06T00:00:00.000Z" }),
    ]);
    await expectRows(tenant, { interval: "hour" });
    await expectRows(tenant, { interval: "day" });
  });

  test("are added up on the side when that takes long, and the rows answer meanwhile", async () => {
    const tenant = await api.tenant();
    await ingestOrFail(
      tenant,
      Array.from({ length: 48 }, (_, hour) => recordFor(list, `call_${hour}`, midnight + hour * 60 * minuteMs)),
    );
    const marks = () => api.database("call_marks").where({ organization_id: tenant.organization_id });
    const release = await holdUp(tenant);
    await Promise.all([
      expectRows(tenant, {}),
      expectRows(tenant, { by: "status", interval: "hour" }),
      expectRows(tenant, { by: "status", interval: "day" }),
    ]);
    expect(await marks()).toHaveLength(48);
    await release();
    await vi.waitFor(async () => expect(await marks()).toStrictEqual([]), 10_000);
    await expectRows(tenant, {});
    await api.database("calls").where({ organization_id: tenant.organization_id }).delete();
    expect((await rest(api, tenant.key, pathFor(contract, window))).body.totals.calls).toBe(48);
  });

  /** Lets nobody roll up a tenant's calls until told. */
  async function holdUp({ organization_id }: Tenant): Promise<() => Promise<unknown>> {
    if (name === "PostgreSQL") {
      const transaction = await api.database.transaction();
      await transaction("organizations").where({ organization_id }).forUpdate();
      return () => transaction.commit();
    }
    const other = new BetterSqlite3(api.database_url.slice("sqlite:".length));
    other.exec("begin immediate");
    return async () => other.close();
  }

  test("that fail are heard of and tried again, and the rows answer meanwhile", async () => {
    const tenant = await api.tenant();
    await ingestOrFail(tenant, [recordFor(list, "call_1", midnight)]);
    const remove = await trigger(
      "before insert on call_hours",
      "select raise(abort, 'no room')",
      "raise exception 'no room'",
    );
    const heard: string[] = [];
    api.database.on("roll-up-failed", (error: Error) => heard.push(error.message));
    await expectRows(tenant, {});
    expect(heard).toStrictEqual([expect.stringContaining("no room")]);
    await remove();
    await expectRows(tenant, {});
    expect(
      await api.database("call_hours").where({ organization_id: tenant.organization_id, dimension: "" }),
    ).toHaveLength(1);
  });

  /** Makes a trigger, and gives what removes it. */
  async function trigger(when: string, onSqlite: string, onPostgres: string): Promise<() => Promise<unknown>> {
    if (name === "SQLite") {
      await api.database.raw(`create trigger testing ${when} begin ${onSqlite}; end`);
      return () => api.database.raw("drop trigger testing");
    }
    await api.database.raw(
      `create function testing() returns trigger language plpgsql as $$ begin ${onPostgres}; return null; end $$`,
    );
    await api.database.raw(`create trigger testing ${when} for each row execute function testing()`);
    return () => api.database.raw("drop function testing cascade");
  }

  test("wait for no call that comes after the question", async () => {
    const tenant = await api.tenant();
    await ingestOrFail(tenant, [recordFor(list, "call_1", midnight)]);
    const again =
      "insert into call_marks (organization_id, hour, mark) values (old.organization_id, old.hour, old.mark || '+')";
    const remove = await trigger("after delete on call_marks", again, again);
    await expectRows(tenant, {});
    await expectRows(tenant, { by: "status" });
    await remove();
  });

  test("are exact, or the rows answer, or nobody does", async () => {
    const tenant = await api.tenant();
    const paid = (id: string, revenue_paid_out: number) =>
      recordFor(list, id, midnight, { revenue_paid_out, publisher_paid_out: 0, cost: 0 });
    const revenue = async (input: Row = {}) =>
      (await rest(api, tenant.key, pathFor(contract, { ...window, ...input }))).body;
    const amounts = Array.from({ length: 26 }, (_, index) => (index < 13 ? 999_999_999.999999 : -999_999_999.999997));
    await ingestOrFail(
      tenant,
      amounts.map((amount, index) => paid(`call_${index + 10}`, amount)),
    );
    expect((await revenue()).totals).toMatchObject({ calls: 26, revenue_paid_out: 0.000026, profit: 0.000026 });

    const tooLarge = {
      code: "invalid_request",
      issues: [
        {
          path: "from",
          message: expect.stringMatching(
            /is beyond 4294967296 USD, where it would not be exact: choose a shorter window/,
          ),
        },
      ],
    };
    await ingestOrFail(
      tenant,
      Array.from({ length: 12 }, (_, index) => paid(`more_${index}`, 1e9)),
    );
    expect([await revenue(), await revenue({ group_by: ["status"], interval: "hour" })]).toMatchObject([
      tooLarge,
      tooLarge,
    ]);
    await api.database("calls").where({ organization_id: tenant.organization_id }).update({ revenue_paid_out: 9e18 });
    expect([
      await revenue(),
      await revenue({ group_by: ["status"] }),
      await revenue({ duration_seconds_min: 0 }),
    ]).toMatchObject([tooLarge, tooLarge, tooLarge]);
    expect((await revenue({ from: "2026-05-04T00:01:00Z" })).totals).toMatchObject({ calls: 0 });
  });

  test("leave a value that is too long for a key to the rows", async () => {
    const tenant = await api.tenant();
    const unlike = Array.from({ length: 2048 }, (_, index) =>
      String.fromCharCode(0x4e00 + ((index * 7919) % 20_000)),
    ).join("");
    await ingestOrFail(tenant, [
      recordFor(list, "call_1", midnight, { caller_state: unlike }),
      recordFor(list, "call_2", midnight + 8 * 60 * minuteMs),
    ]);
    await expectRows(tenant, {});
    await expectRows(tenant, { by: "caller_state" });
    expect(
      await api
        .database("call_hours")
        .where({ organization_id: tenant.organization_id, dimension: "" })
        .select("start"),
    ).toStrictEqual([{ start: midnight + 8 * 60 * minuteMs }]);
  });

  test("ask the database for no more pieces than the rows would be read in", async () => {
    const tenant = await api.tenant();
    await ingestOrFail(tenant, [recordFor(list, "call_1", midnight)]);
    let queries = 0;
    const count = () => void queries++;
    api.database.on("query", count);
    const { status } = await rest(
      api,
      tenant.key,
      pathFor(contract, { from: "2000-01-01", to: "2027-01-01", interval: "day", time_zone: "Asia/Kathmandu" }),
    );
    api.database.removeListener("query", count);
    expect([status, queries < 500]).toStrictEqual([200, true]);
  });

  test("keep nothing of calls that were deleted for their age", async () => {
    const tenant = await api.tenant();
    await ingestOrFail(
      tenant,
      [0, 30, 60, 90].map((minutes) => recordFor(list, `call_${minutes}`, midnight + minutes * minuteMs)),
    );
    await expectRows(tenant, {});
    await ingestOrFail(tenant, [recordFor(list, "call_1", midnight - 24 * 60 * minuteMs)]);
    await purge(api.database, midnight + 60 * minuteMs);
    const kept = (table: string) =>
      api.database(table).where({ organization_id: tenant.organization_id, dimension: "" }).select("start", "calls");
    expect([await kept("call_hours"), await kept("call_four_hours")]).toStrictEqual([
      [{ start: midnight + 60 * minuteMs, calls: 2 }],
      [{ start: midnight, calls: 2 }],
    ]);
    expect(await api.database("call_marks")).toStrictEqual([]);
  });
});
