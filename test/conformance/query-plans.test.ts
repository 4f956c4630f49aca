import type { Filter } from "@moja/contracts";
import { resolvers, TenantScope, type Operation } from "@moja/store";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { readHeavyQuery } from "../../packages/store/src/database/sqlite/read-pool.ts";
import { databases } from "../support/databases.ts";
import { ingestOrFail, startHarness, type Harness } from "../support/harness.ts";
import { lists, reports, summaries } from "../support/http.ts";
import { recordFor } from "../support/record-factory.ts";

vi.mock("../../packages/store/src/database/sqlite/read-pool.ts", { spy: true });

type Query = { sql: string; bindings: unknown[] };

/** What answers an operation for an organization. */
function operationOf(name: string): (scope: TenantScope, input: object) => Promise<unknown> {
  const [report = "", operation = ""] = name.split(".");
  const { [report]: operations = {} } = resolvers as Record<string, Record<string, Operation>>;
  return (scope, input) => operations[operation]!.resolve(scope, input);
}

/** A value that each filter takes, whatever its column. */
const some: Record<Filter["operator"], (filter: Filter) => unknown> = {
  any_of: ({ column }) => (/^(http_status|reason)$/.test(column) ? [301] : ["x"]),
  at_least: ({ column }) => (column === "updated_at" ? "2026-05-01" : 1),
  at_most: () => 1,
  yes_or_no: () => "yes",
  status_class: () => ["5xx"],
  reason_class: () => ["lost"],
  tag: () => ["quality:reviewed"],
};

describe.each(databases)("on $name", ({ name: database, create }) => {
  let api: Harness;
  beforeAll(async () => {
    api = await startHarness(create);
    const tenant = await api.tenant();
    for (const { contract } of lists)
      await ingestOrFail(
        tenant,
        Array.from({ length: 300 }, (_, index) =>
          recordFor(contract, `${contract.path.replaceAll("/", ".")}:${index}`, Date.now() - index * 1000),
        ),
      );
    if (api.database_url.startsWith("postgres")) await api.database.raw("analyze");
  });
  afterAll(() => api[Symbol.asyncDispose]());

  /** The plans of everything that an answer reads. */
  async function plansOf(ask: (scope: TenantScope) => Promise<unknown>): Promise<string[]> {
    const queries: Query[] = [];
    const note = ({ sql, bindings }: Query) => void (/^select/i.test(sql) && queries.push({ sql, bindings }));
    api.database.on("query", note);
    await ask(new TenantScope(api.database, "org_1")).finally(() => api.database.removeListener("query", note));
    expect(queries).not.toHaveLength(0);
    return Promise.all(
      queries.map(async ({ sql, bindings }) =>
        api.database_url.startsWith("postgres") ? explainPostgres(sql, bindings) : explainSqlite(sql, bindings),
      ),
    );
  }

  async function explainSqlite(sql: string, bindings: unknown[]): Promise<string> {
    const steps = (await api.database.raw(`explain query plan ${sql}`, bindings as string[])) as { detail: string }[];
    return steps.map(({ detail }) => detail).join("\n");
  }

  /** With sequential scans priced out, a plan that still has one has no index to go by. */
  async function explainPostgres(sql: string, bindings: unknown[]): Promise<string> {
    return api.database.transaction(async (transaction) => {
      await transaction.raw("set local enable_seqscan = off");
      const text = sql.replace(/\$\d+/g, "?");
      const { rows } = (await transaction.raw(`explain ${text}`, bindings as string[])) as {
        rows: { "QUERY PLAN": string }[];
      };
      return rows.map((row) => row["QUERY PLAN"]).join("\n");
    });
  }

  /** An index narrowed by the organization and, on SQLite, by something else; and no scan of a whole table or index. */
  function expectServed(plan: string): void {
    expect(plan).not.toMatch(/\(organization_id=\?\)/);
    expect(plan).not.toMatch(/^SCAN (?!\(subquery|CONSTANT)/m);
    expect(plan).not.toMatch(/Seq Scan/);
    expect(plan).toMatch(
      /USING ((COVERING )?INDEX \S+|PRIMARY KEY) \(organization_id=|Index Cond: \(\(?\(?organization_id\)?::text = |Index Cond: \(\(?organization_id = /,
    );
  }

  const each = lists.flatMap(({ name, contract }) => [
    { name, filter: "no filter", input: {} },
    ...Object.entries(contract.filters as Record<string, Filter>).map(([filter, given]) => ({
      name,
      filter,
      input: { [filter]: some[given.operator](given) },
    })),
  ]);

  test.each(each)(
    "$name with $filter is served by an index that begins with the organization",
    async ({ name, input }) => {
      const list = operationOf(name);
      const window = {
        from: "2026-05-01",
        to: "2026-06-01",
        time_zone: "UTC",
        limit: 100,
        order: "desc",
        totals: "true",
      };
      for (const plan of await plansOf((scope) => list(scope, { ...window, ...input }))) expectServed(plan);
    },
  );

  // PostgreSQL counts its rows, and answers nobody late.
  const onSqlite = database === "SQLite" ? each : [];
  test.each(onSqlite)(
    "$name with $filter goes by the filter's own index, or leaves the server's thread to others",
    async ({ name, input }) => {
      const { contract } = lists.find((one) => one.name === name) as (typeof lists)[number];
      const list = operationOf(name);
      vi.mocked(readHeavyQuery).mockClear();
      const [plan = "", ...others] = await plansOf((scope) =>
        list(scope, { from: "2026-05-01", to: "2026-06-01", time_zone: "UTC", limit: 100, order: "desc", ...input }),
      );
      const columns = Object.keys(input).map((filter) => (contract.filters as Record<string, Filter>)[filter]?.column);
      const [narrowed = `${contract.at}>`] =
        vi.mocked(readHeavyQuery).mock.calls.length === 0 ? columns.map((column) => `${column}=`) : [];
      expect(others).toStrictEqual([]);
      expect(plan).toContain(`(organization_id=? AND ${narrowed}?`);
    },
  );

  test.each(onSqlite.filter(({ input }) => "caller_id" in input))(
    "$name of one caller goes by the caller, whatever else is asked",
    async ({ name, input }) => {
      const list = operationOf(name);
      for (const other of each.filter(
        (one) =>
          one.name === name &&
          Object.keys(one.input).some((filter) =>
            /^(campaign|publisher|buyer|rtb|target|inbound_rtb|webhook)_id$|^status$/.test(filter),
          ),
      )) {
        const plans = await plansOf((scope) =>
          list(scope, {
            from: "2026-05-01",
            to: "2026-06-01",
            time_zone: "UTC",
            limit: 100,
            order: "desc",
            ...input,
            ...other.input,
          }),
        );
        expect(plans, other.filter).toStrictEqual([expect.stringMatching(/\(organization_id=\? AND caller_id=\?/)]);
      }
    },
  );

  test.each(lists.flatMap((each) => (["desc", "asc"] as const).map((order) => ({ ...each, order }))))(
    "$name, $order: a page begins where the one before ended, and walks nothing before it",
    async ({ name, order }) => {
      const list = operationOf(name);
      const tenant = new TenantScope(api.database, "org_2");
      const { next_cursor } = (await list(tenant, { time_zone: "UTC", limit: 10, order })) as { next_cursor: string };
      const bound: unknown[][] = [];
      const note = ({ bindings }: Query) => void bound.push(bindings);
      api.database.on("query", note);
      await list(tenant, { time_zone: "UTC", limit: 10, order, cursor: next_cursor }).finally(() =>
        api.database.removeListener("query", note),
      );
      const [, from, to, ...place] = bound[0] ?? [];
      expect(order === "desc" ? to : from).toBe(place[0]);
    },
  );

  test.each(
    summaries.flatMap(({ name, contract }) =>
      [...Object.keys(contract.dimensions), "time"].map((by) => ({ name, by, contract })),
    ),
  )("$name by $by is served by an index too", async ({ name, by, contract }) => {
    const answer = operationOf(name);
    const asked = {
      ...contract.input.parse(by === "time" ? { interval: "hour" } : { group_by: [by] }),
      from: "2026-05-04",
      to: "2026-05-05",
    };
    for (const plan of await plansOf((scope) => answer(scope, asked))) expectServed(plan);
  });

  const details = reports.filter(({ contract }) => contract.shape === "detail" || contract.shape === "timeline");
  test.each(details)("$name is served by indexes too", async ({ name, contract }) => {
    const other = name.startsWith("rtbRequests.") ? [{ request_id: "req_out_c1" }] : [];
    for (const input of [contract.example.input, ...other])
      for (const plan of await plansOf((scope) => operationOf(name)(scope, input))) expectServed(plan);
  });
});
