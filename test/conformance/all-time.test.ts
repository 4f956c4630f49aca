import { contracts, reportExports, type Filter } from "@moja/contracts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { databases } from "../support/databases.ts";
import { download, readNdjson } from "../support/download.ts";
import { ingestOrFail, startHarness, type Harness, type Tenant } from "../support/harness.ts";
import { lists, pathFor, readAllPages, rest, trpc } from "../support/http.ts";
import { recordFor } from "../support/record-factory.ts";

type Row = Record<string, any>;

const dayMs = 24 * 60 * 60 * 1000;
const epoch = "1970-01-01T00:00:00.000Z";

/** When the rows are of: far outside of the last 30 days, and within. */
const ages = [20 * 365 * dayMs, 40 * dayMs, dayMs];

/** An id of its own for a row of each list and age. */
const idOf = ({ path }: { path: string }, age: number) => `${path.replaceAll("/", ".")}:${age}`;

/** Each filter of each list, with whether it reaches over all time. */
const filters = lists.flatMap(({ name, contract }) =>
  Object.entries(contract.filters as Record<string, Filter>).map(([filter, { overAllTime = false, column }]) => ({
    name,
    contract,
    filter,
    column,
    overAllTime,
  })),
);
const reaching = filters.filter(({ overAllTime }) => overAllTime);
const reportOf = (name: string) => name.replace(/\.list$/, "");
const summaries: Record<string, { path: string } | undefined> = contracts.summaries;
/** Fields that name one thing of few rows; the other ids are of campaigns, buyers and what else is set up. */
const single = /^((call_log|request|inbound_request|outbound_request|auction|transaction)_id|caller_ref)$/;

test("the filters by the id of one thing, by one caller and by the last change reach over all time, and no others", () => {
  const expected = filters.filter(
    ({ column, contract }) => single.test(column) || column === contract.id || column === "updated_at",
  );
  expect(reaching).toStrictEqual(expected);
});

describe.each(databases)("on $name", ({ create }) => {
  let api: Harness;
  let tenant: Tenant;
  const shared = {
    call_log_id: "one",
    inbound_request_id: "one",
    outbound_request_id: "one",
    auction_id: "one",
    transaction_id: "one",
    caller_id: "+13105550142",
    phone_number: "+13105550142",
  };
  let callerRef: string;
  const now = Date.now();
  beforeAll(async () => {
    api = await startHarness(create);
    tenant = await api.tenant();
    for (const { contract } of lists) {
      const fields = Object.keys(contract.row.shape);
      const change = Object.fromEntries(
        Object.entries(shared).filter(([name]) => fields.includes(name) && name !== contract.id),
      );
      await ingestOrFail(
        tenant,
        ages.map((age) =>
          recordFor(contract, idOf(contract, age), now - age, { ...change, updated_at: new Date(now).toISOString() }),
        ),
      );
    }
    const { body } = await rest(api, tenant.key, "/v1/call-logs?limit=1");
    callerRef = body.data[0].caller_ref;
  });
  afterAll(() => api[Symbol.asyncDispose]());

  /** What a filter is asked for, and how many rows that has over all time. */
  function question({ contract, filter, column }: (typeof filters)[number]): { asked: Row; rows: number } {
    if (column === "updated_at") return { asked: { [filter]: new Date(now).toISOString() }, rows: 3 };
    if (column === "caller_ref") return { asked: { [filter]: [callerRef] }, rows: 3 };
    return column === contract.id
      ? { asked: { [filter]: [idOf(contract, ages[0]!)] }, rows: 1 }
      : { asked: { [filter]: ["one"] }, rows: 3 };
  }

  test.each(reaching)(
    "$name by $filter finds rows of any age when `from` is left out, and says so: page by page, with totals, in exports and summaries",
    async (each) => {
      const { name, contract } = each;
      const { asked, rows } = question(each);
      const { body } = await rest(api, tenant.key, pathFor(contract, { ...asked, totals: "true" }));
      expect(body.applied.from).toBe(epoch);
      expect(Math.abs(Date.now() - Date.parse(body.applied.to))).toBeLessThan(60_000);
      expect([body.data.length, body.totals.rows]).toStrictEqual([rows, rows]);
      expect((await trpc(api, tenant.key, name, { ...asked, totals: "true" })).body.totals).toStrictEqual(body.totals);
      expect(await readAllPages(api, tenant.key, contract, { ...asked, limit: 1 })).toStrictEqual(body.data);

      const exported = await download(
        api,
        tenant.key,
        pathFor(reportExports[reportOf(name)]!, { ...asked, format: "ndjson" }),
      );
      expect(readNdjson(exported.bytes)).toStrictEqual(body.data);
      const summarized = summaries[reportOf(name)];
      if (!summarized) return;
      const summary = await rest(api, tenant.key, pathFor(summarized, asked));
      const [count] = Object.values(summary.body.totals);
      expect([count, summary.body.applied.from]).toStrictEqual([rows, epoch]);
    },
  );

  test.each(reaching)("$name by $filter keeps to a window that is given", async (each) => {
    const from = new Date(now - 41 * dayMs).toISOString();
    const { asked } = question(each);
    const { body } = await rest(api, tenant.key, pathFor(each.contract, { ...asked, from }));
    expect(body.applied.from).toBe(from);
    expect(body.data).toHaveLength(each.column === each.contract.id ? 0 : 2);
  });

  test.each(lists)(
    "$name takes the last 30 days by any other filter, and so does a series",
    async ({ name, contract }) => {
      const { body } = await rest(
        api,
        tenant.key,
        pathFor(contract, {
          limit: 1,
          [filters.find((each) => each.contract === contract && each.column.endsWith("campaign_id"))!.filter]:
            "camp_201",
        }),
      );
      expect(Date.parse(body.applied.to) - Date.parse(body.applied.from)).toBe(30 * dayMs);
      const summarized = summaries[reportOf(name)];
      if (!summarized) return;
      const series = await rest(api, tenant.key, pathFor(summarized, { interval: "day", updated_since: "2026-01-01" }));
      expect(Date.parse(series.body.applied.to) - Date.parse(series.body.applied.from)).toBe(30 * dayMs);
    },
  );
});
