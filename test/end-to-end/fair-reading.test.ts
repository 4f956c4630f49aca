import { setImmediate } from "node:timers/promises";
import { revokeKey, updateOrganization, type Database } from "@moja/store";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { Lanes } from "../../packages/store/src/database/lanes.ts";
import { databases } from "../support/databases.ts";
import { endlessReads, makeEndless } from "../support/endless-table.ts";
import { startHarness, type Harness, type Tenant } from "../support/harness.ts";
import { rest, trpc } from "../support/http.ts";
import { fill, readSlowly } from "../support/slow-reader.ts";

const quickSummary = "/v1/summaries/call-logs?from=2026-05-04T06:00:00Z&to=2026-05-04T18:00:00Z";

describe.each(databases)("on $name", ({ name, create }) => {
  test("a query that would never end is ended at the deadline, and what it held is free again", async () => {
    await using api = await startHarness(create, {
      QUERY_TIMEOUT_MS: "2000",
      HEAVY_READS: "5",
      HEAVY_READS_PER_ORGANIZATION: "5",
    });
    const restore = await makeEndless(api.database);
    const window = { from: "2026-05-04", to: "2026-05-05" };
    const answers = await Promise.all([
      ...Object.values(endlessReads).map((path) => rest(api, api.key, path)),
      rest(api, api.key, `${endlessReads.list}&totals=true`),
      trpc(api, api.key, "summaries.incomingWebhooks", window),
    ]);
    expect(
      answers.map(({ status, body, headers }) => [
        status,
        body.code ?? body.error.data.code,
        headers.get("retry-after"),
      ]),
    ).toStrictEqual(answers.map(() => [503, "too_slow", "5"]));
    await restore();
    for (const path of [quickSummary, ...Object.values(endlessReads)])
      // A process that was ended is started again, which takes of the deadline.
      await vi.waitFor(async () => expect((await rest(api, api.key, path)).status, path).toBe(200), 30_000);
  });

  describe("while one organization asks for 50 endless summaries,", () => {
    let api: Harness;
    let other: Tenant;
    const gone = new AbortController();
    const answers: string[] = [];
    const ask = async () => {
      const headers = { "X-API-Key": api.key };
      const response = await fetch(api.url + endlessReads.summary, { headers, signal: gone.signal });
      const { code } = (await response.json()) as { code: string };
      answers.push(`${response.status} ${code} ${response.headers.get("retry-after")}`);
    };
    let asked: Promise<unknown>;
    let restore: () => Promise<void>;
    beforeAll(async () => {
      api = await startHarness(create, {
        QUERY_TIMEOUT_MS: "0",
        HEAVY_READS: "2",
        HEAVY_READS_PER_ORGANIZATION: "1",
        HEAVY_QUEUE: "40",
      });
      other = await api.tenant();
      restore = await makeEndless(api.database);
      asked = Promise.allSettled(Array.from({ length: 50 }, ask));
    });
    afterAll(() => gone.abort());

    test("the surplus is refused at once, with when to try again", async () => {
      // One runs, and ten wait: a quarter of the places.
      await vi.waitFor(() => expect(answers).toHaveLength(39), 20_000);
      expect(new Set(answers)).toStrictEqual(new Set(["503 overloaded 5"]));
    });

    test("others get their key, their pages and their summaries", async () => {
      for (const path of [
        "/v1/me",
        "/v1/call-logs",
        "/v1/call-logs?no_payout_reason=Condition%20not%20met&totals=true",
        quickSummary,
      ])
        expect((await rest(api, other.key, path)).status, path).toBe(200);
      expect((await rest(api, api.key, "/v1/me")).status).toBe(200);
      expect(new Set(answers)).toStrictEqual(new Set(["503 overloaded 5"]));
      expect(answers).toHaveLength(39);
    });

    test("its callers go away, and their work is stopped", async () => {
      gone.abort();
      await asked;
      await vi.waitFor(async () => expect((await rest(api, api.key, quickSummary)).status).toBe(200), 20_000);
      if (name === "PostgreSQL")
        await vi.waitFor(async () => expect(await endlessStatements(api.database)).toBe(0), 20_000);
      await restore();
      expect((await rest(api, api.key, endlessReads.summary)).status).toBe(200);
    });
  });

  describe("an export that is under way", () => {
    let api: Harness;
    beforeAll(async () => {
      api = await startHarness(create, { EXPORTS_PER_KEY: "1" });
      await fill(api.database);
    });

    test("is the only one of its key, until it ends", async () => {
      const reader = await readSlowly(api, api.key);
      const refused = await rest(api, api.key, "/v1/exports/incoming-webhooks");
      expect([refused.status, refused.body.code]).toStrictEqual([503, "overloaded"]);
      expect(refused.body.detail).toContain("1 export of this key is under way");
      expect((await rest(api, api.key, "/v1/exports/incoming-webhooks?estimate=true")).status).toBe(200);
      reader.stop();
      await vi.waitFor(
        async () => expect((await rest(api, api.key, "/v1/exports/incoming-webhooks")).status).toBe(200),
        20_000,
      );
    });

    const ends: [string, (key: string) => Promise<unknown>][] = [
      ["access is switched off", () => updateOrganization(api.database, "org_1", { api_access: false })],
      [
        "the plan has no reports",
        () => updateOrganization(api.database, "org_1", { api_access: true, plan: "starter" }),
      ],
      ["its key is revoked", (key) => revokeKey(api.database, key)],
    ];
    test.each(ends)("ends within a batch when %s", async (_what, end) => {
      await updateOrganization(api.database, "org_1", { api_access: true, plan: "enterprise" });
      const reader = await readSlowly(api, api.key);
      await end(api.key);
      const { complete, rows, text } = await reader.goOn();
      expect([complete, rows]).toStrictEqual([false, undefined]);
      expect(text).toContain("\n");
    });
  });
});

/** How many endless statements PostgreSQL runs. */
async function endlessStatements(database: Database): Promise<number> {
  const { rows } = await database.raw(
    "select count(*) as count from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'",
  );
  return rows[0].count;
}

describe("lanes", () => {
  const limits = { running: 1, runningPerOrganization: 1, waiting: 40, waitMs: 0 };

  test("organizations take turns, however much one of them asks", async () => {
    const lanes = new Lanes(limits);
    const order: string[] = [];
    const work = (organization_id: string) =>
      lanes.run({ organization_id, signal: undefined }, async () => {
        await setImmediate();
        order.push(organization_id);
      });
    await Promise.all([...Array.from({ length: 4 }, () => work("greedy")), work("other"), work("third")]);
    expect(order).toStrictEqual(["greedy", "other", "third", "greedy", "greedy", "greedy"]);
  });

  test("what waits too long is refused, and what its caller gave up leaves its place", async () => {
    const lanes = new Lanes({ ...limits, waitMs: 50 });
    const held = Promise.withResolvers<void>();
    const run = (signal?: AbortSignal) =>
      lanes.run({ organization_id: "one", signal }, () => held.promise).catch((error: Error) => error.message);
    const [first, late, gone] = [run(), run(), run(AbortSignal.abort(new Error("gone")))];
    expect([await gone, await late]).toStrictEqual(["gone", expect.stringContaining("Send fewer")]);
    held.resolve();
    expect(await first).toBeUndefined();
  });
});
