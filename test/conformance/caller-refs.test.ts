import { reportExports, isCallerNumber } from "@moja/contracts";
import { migrate, openDatabase } from "@moja/store";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { callerRefOf, exampleSecret } from "../support/caller-ref.ts";
import { databases } from "../support/databases.ts";
import { download, readNdjson } from "../support/download.ts";
import { ingestOrFail, startHarness, type Harness, type Tenant } from "../support/harness.ts";
import { lists, pathFor, rest, summaries } from "../support/http.ts";
import { recordFor } from "../support/record-factory.ts";

type Row = Record<string, any>;

const window = { from: "2026-05-04", to: "2026-05-05" };
const noon = Date.parse("2026-05-04T12:00:00.000Z");
const numbers = ["+13105550142", "+442079460958", "+4520260504"];

/** The lists whose rows name a caller, with the field that does. */
const namingCallers = lists.flatMap(({ name, contract }) => {
  const [field] = Object.entries(contract.row.shape).find(([, each]) => isCallerNumber(each)) ?? [];
  return field === undefined ? [] : [{ name, contract, field }];
});

test("beside every caller's number stands the reference: in rows, as a filter and as a dimension", () => {
  expect(namingCallers.map(({ name }) => name)).toStrictEqual([
    "callLogs.list",
    "inboundRtb.list",
    "outboundRtb.list",
    "incomingWebhooks.list",
  ]);
  for (const { contract, field } of namingCallers) {
    const columns = Object.keys(contract.row.shape);
    expect(columns[columns.indexOf(field) + 1]).toBe("caller_ref");
    expect(contract.filters).toHaveProperty("caller_ref");
    const summary = summaries.find(({ list }) => list.path === contract.path);
    expect(summary?.contract.dimensions).toHaveProperty("caller_ref");
  }
});

describe.each(databases)("on $name", ({ create }) => {
  let api: Harness;
  let known: Tenant;
  let other: Tenant;
  beforeAll(async () => {
    api = await startHarness(create);
    known = await api.tenant({ hash_secret: exampleSecret, scopes: ["reports:read"] });
    other = await api.tenant({ scopes: ["reports:read"] });
    const records = namingCallers.flatMap(({ contract, field }) =>
      [...numbers, ...numbers.slice(0, 1), null].map((number, index) =>
        recordFor(contract, `${contract.path}${index}`.replaceAll("/", "."), noon + index, { [field]: number }),
      ),
    );
    for (const tenant of [known, other]) await ingestOrFail(tenant, records);
  });
  afterAll(() => api[Symbol.asyncDispose]());

  const rowsOf = async ({ key }: Tenant, contract: (typeof lists)[number]["contract"], filter = {}): Promise<Row[]> =>
    (await rest(api, key, pathFor(contract, { ...window, ...filter, order: "asc" }))).body.data;

  test("a number has one reference in all reports, without pii:read, and none where there is no number", async () => {
    const expected = [...numbers, ...numbers.slice(0, 1), null].map((number) => callerRefOf(number));
    for (const { contract, field } of namingCallers) {
      const rows = await rowsOf(known, contract);
      expect(rows.map((row) => row["caller_ref"])).toStrictEqual(expected);
      expect(rows.map((row) => row[field])).not.toContain(numbers[0]);
    }
  });

  test("another organization has others for the same numbers", async () => {
    for (const { contract } of namingCallers) {
      const refs = (await rowsOf(known, contract)).flatMap((row) => row["caller_ref"] ?? []);
      const others = (await rowsOf(other, contract)).flatMap((row) => row["caller_ref"] ?? []);
      expect(new Set([...refs, ...others]).size).toBe(2 * numbers.length);
    }
  });

  test("the filter, the groups and the export agree with the rows", async () => {
    for (const { name, contract } of namingCallers) {
      const all = await rowsOf(known, contract);
      const report = name.replace(".list", "");
      const summary = summaries.find(({ list }) => list.path === contract.path)!.contract;
      const { body } = await rest(api, known.key, pathFor(summary, { ...window, group_by: ["caller_ref"] }));
      const [measure] = Object.keys(summary.measures) as [string];
      const counted = Object.fromEntries(body.data.map((row: Row) => [row["group"].caller_ref, row[measure]]));
      const exported = readNdjson(
        (await download(api, known.key, pathFor(reportExports[report]!, { ...window, format: "ndjson" }))).bytes,
      ) as Row[];
      for (const [ref, rows] of Map.groupBy(all, (row) => row["caller_ref"])) {
        expect(counted[ref]).toBe(rows.length);
        expect(exported.filter((row) => row["caller_ref"] === ref)).toHaveLength(rows.length);
        if (ref !== null) expect(await rowsOf(known, contract, { caller_ref: [ref] })).toStrictEqual(rows);
      }
    }
  });

  test("rows from before have theirs after the migration, which starts again where it broke off", async () => {
    await using fresh = await create();
    const database = await openDatabase(fresh.url);
    try {
      const { organization_id } = known;
      const stored: Row[] = await api.database("calls").where({ organization_id }).orderBy("call_log_id");
      const [organization] = await api.database("organizations").where({ organization_id });
      // The database of the version before: without what the migrations add.
      await database("knex_migrations")
        .whereIn("name", ["0010_caller_refs.sql", "0011_caller_ref_indexes.sql"])
        .delete();
      for (const index of ["calls", "inbound_rtb", "outbound_rtb", "incoming_webhooks"])
        await database.raw(`drop index ${index}_by_caller_ref`);
      for (const table of ["calls", "rtb_requests", "webhook_requests"])
        await database.raw(`alter table ${table} drop column caller_ref`);
      await database.raw("alter table organizations drop column hash_secret");
      const { hash_secret: _secret, ...before } = organization;
      await database("organizations").insert(before);
      for (const { caller_ref: _ref, ...row } of stored) await database("calls").insert(row);

      // It breaks off: an index that it makes is there.
      await database.raw("create index calls_by_caller_ref on calls (organization_id, caller_id)");
      await expect(migrate(database)).rejects.toThrow(/calls_by_caller_ref/);
      await database.raw("drop index calls_by_caller_ref");
      expect(await migrate(database)).toContain("0011_caller_ref_indexes.sql");
      const [{ hash_secret }] = await database("organizations").where({ organization_id });
      expect(hash_secret).toMatch(/^[\w-]{43}$/);
      const migrated: Row[] = await database("calls").orderBy("call_log_id");
      expect(migrated).toHaveLength(5);
      expect(migrated.map((row) => row["caller_ref"])).toStrictEqual(
        migrated.map((row) => callerRefOf(row["caller_id"], hash_secret)),
      );
    } finally {
      await database.destroy();
    }
  });
});
