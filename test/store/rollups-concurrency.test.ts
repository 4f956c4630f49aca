import { createHash } from "node:crypto";
import { purge } from "@moja/store";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { databases } from "../support/databases.ts";
import { ingestOrFail, startHarness, type Harness, type Tenant } from "../support/harness.ts";
import { pathFor, rest, summaries } from "../support/http.ts";
import { recordFor } from "../support/record-factory.ts";

type Row = Record<string, any>;

const [{ contract, list }] = summaries as [(typeof summaries)[number]];
const minuteMs = 60 * 1000;
const midnight = Date.parse("2026-05-04");
const window = { from: "2026-05-03T23:50:00.001Z", to: "2026-05-06T00:20:00.000Z" };

describe("roll-ups on PostgreSQL, where writers do not take turns,", () => {
  let api: Harness;
  beforeAll(async () => void (api = await startHarness(databases[1].create)));
  afterAll(() => api[Symbol.asyncDispose]());

  const at = (minutes: number, change = {}) =>
    recordFor(list, `call_${minutes}`, midnight + minutes * minuteMs, change);
  const moved = {
    ...at(0),
    started_at: new Date(midnight + 180 * minuteMs).toISOString(),
    updated_at: "2026-05-05T00:00:00.000Z",
  };
  const byHour = async ({ key }: Tenant) => {
    const [{ series }] = (await rest(api, key, pathFor(contract, { ...window, interval: "hour" }))).body.data;
    return series.flatMap(({ calls }: Row) => (calls === 0 ? [] : [calls]));
  };
  const holding = async (table: string, tenant: Tenant, call_log_id: string) => {
    const transaction = await api.database.transaction();
    await transaction(table).where({ organization_id: tenant.organization_id, call_log_id }).forUpdate();
    return transaction;
  };

  test("are what the rows are, after a call moved in a transaction that ended after they were made", async () => {
    const tenant = await api.tenant();
    await ingestOrFail(tenant, [at(0, { tags: { quality: "good" } }), at(60), at(180)]);
    const held = await holding("call_tags", tenant, "call_0");
    const moving = tenant.ingest([moved]);
    await waiters(api, 1);
    expect(await byHour(tenant)).toStrictEqual([1, 1, 1]);
    await held.commit();
    await moving;
    expect(await byHour(tenant)).toStrictEqual([1, 2]);
  });

  test("are what the rows are, after a call moved while it was deleted for its age, with a question between", async () => {
    const tenant = await api.tenant();
    await ingestOrFail(tenant, [at(0), at(60), at(120)]);
    const [first, second] = [await holding("calls", tenant, "call_0"), await holding("calls", tenant, "call_60")];
    const moving = tenant.ingest([moved]);
    await waiters(api, 1);
    const deleting = purge(api.database, midnight + 200 * minuteMs);
    await waiters(api, 2);
    await first.commit();
    await moving;
    expect(await byHour(tenant)).toStrictEqual([1, 1, 1]);
    await second.commit();
    await deleting;
    expect(await byHour(tenant)).toStrictEqual([1]);
    await purge(api.database, midnight + 200 * minuteMs);
    expect(await byHour(tenant)).toStrictEqual([]);
  });

  test("leave connections to others, however many questions wait for them", async () => {
    const tenant = await api.tenant();
    const other = await api.tenant();
    await ingestOrFail(tenant, [at(0)]);
    const held = await api.database.transaction();
    await held("organizations").where({ organization_id: tenant.organization_id }).forUpdate();
    const asking = Array.from({ length: 12 }, () => byHour(tenant));
    await waiters(api, 1);
    expect((await rest(api, other.key, "/v1/call-logs")).status).toBe(200);
    expect(await Promise.all(asking)).toStrictEqual(asking.map(() => [1]));
    await held.commit();
  });

  test("are made in another way only together with a migration that has all calls rolled up anew", async () => {
    const tenant = await api.tenant();
    await ingestOrFail(tenant, [at(0)]);
    const asked: string[] = [];
    api.database.on("query", ({ sql }: { sql: string }) => asked.push(sql));
    await byHour(tenant);
    const way = asked.filter((each) => each.startsWith("declare rolled_up"));
    expect(
      createHash("sha256").update(way.join()).digest("hex"),
      "Add a migration that has all calls rolled up anew, as 0009_one_dimension.sql does, and write the new digest here",
    ).toBe("7176930322502d996e89ce2ca9a086653b9308908193d8e0c8e99195c8920a08");
  });
});

/** Waits until so many of PostgreSQL's transactions wait for another one. */
async function waiters(api: Harness, count: number): Promise<void> {
  await vi.waitFor(async () => {
    const { rows } = await api.database.raw<{ rows: Row[] }>(
      "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
    );
    expect(rows).toHaveLength(count);
  }, 5000);
}
