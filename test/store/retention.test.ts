import { contracts, exampleRecords, records, type RecordInput } from "@moja/contracts";
import { purge as deleteOlder } from "@moja/store";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { databases } from "../support/databases.ts";
import { ingestOrFail, startHarness, type Harness, type Tenant } from "../support/harness.ts";
import { lists, pathFor, rest } from "../support/http.ts";
import { admin } from "../support/admin.ts";
import { propertyRuns } from "../support/property-runs.ts";
import { exampleRecord } from "../support/record-factory.ts";
import { fixedSample } from "../support/seed.ts";
import { dumpOf, inOneOrder, storedTables, type Dump, type StoredRow } from "../support/stored.ts";

const hourMs = 60 * 60 * 1000;
const dayMs = 24 * hourMs;
/** The moment at which the command believes to run: off every full hour. */
const now = Date.UTC(2026, 5, 10, 7, 23, 41, 507);

/** The dimensions by which calls are kept added up; all calls together have the empty one. */
const dimensions = [
  "",
  "status",
  "campaign_id",
  "publisher_id",
  "buyer_id",
  "target_id",
  "rtb_id",
  "dial_type",
  "caller_state",
  "no_payout_reason",
  "hangup_source",
  "hangup_cause",
  "moja_magic",
  "converted",
  "duplicate",
];

type Sum = (calls: StoredRow[]) => number;
const sumOf =
  (column: string): Sum =>
  (calls) =>
    calls.reduce((sum, call) => sum + (call[column] ?? 0), 0);
const known =
  (column: string): Sum =>
  (calls) =>
    calls.filter((call) => call[column] !== null).length;
const unknown =
  (column: string): Sum =>
  (calls) =>
    calls.filter((call) => call[column] === null).length;

/** What a roll-up says of its calls. */
const rollUpParts: Record<string, Sum> = {
  calls: (calls) => calls.length,
  connected: known("connected_at"),
  converted: sumOf("converted"),
  duplicates: sumOf("duplicate"),
  magic_calls: sumOf("moja_magic"),
  duration_seconds_sum: sumOf("duration_seconds"),
  duration_seconds_known: known("duration_seconds"),
  connected_seconds_sum: sumOf("connected_seconds"),
  connected_seconds_known: known("connected_seconds"),
  billable_seconds_sum: sumOf("billable_seconds"),
  billable_seconds_known: known("billable_seconds"),
  revenue_paid_out: sumOf("revenue_paid_out"),
  publisher_paid_out: sumOf("publisher_paid_out"),
  cost: sumOf("cost"),
  profit: sumOf("profit"),
  revenue_unknown: unknown("revenue_paid_out"),
  payout_unknown: unknown("publisher_paid_out"),
  cost_unknown: unknown("cost"),
  profit_unknown: unknown("profit"),
};

function rollUps(calls: StoredRow[], lengthMs: number): StoredRow[] {
  return dimensions.flatMap((dimension) => {
    const keyed = calls.map((call) => ({
      call,
      key: JSON.stringify([
        call["organization_id"],
        dimension,
        Math.floor(call["started_at"] / lengthMs) * lengthMs,
        JSON.stringify(dimension === "" ? null : call[dimension]),
      ]),
    }));
    return [...Map.groupBy(keyed, ({ key }) => key)].map(([key, same]) => {
      const [organization_id, , start, value] = JSON.parse(key) as [string, string, number, string];
      const own = same.map(({ call }) => call);
      const parts = Object.entries(rollUpParts).map(([name, part]) => [name, part(own)]);
      return { organization_id, dimension, start, value, ...Object.fromEntries(parts) };
    });
  });
}

type Left = Record<string, (all: Dump, before: number) => StoredRow[] | undefined>;

/** What is left of the tables that are modelled by hand after everything from before a moment is deleted. */
const modelled: Left = {
  calls: ({ calls }, before) => calls?.filter(({ started_at }) => started_at >= before),
  call_events: ({ call_events }, before) => call_events?.filter(({ occurred_at }) => occurred_at >= before),
  rtb_requests: ({ rtb_requests }, before) =>
    rtb_requests?.filter(
      ({ direction, received_at, sent_at }) => (direction === "inbound" ? received_at : sent_at) >= before,
    ),
  rtb_events: ({ rtb_events }, before) => rtb_events?.filter(({ occurred_at }) => occurred_at >= before),
  webhook_requests: ({ webhook_requests }, before) =>
    webhook_requests?.filter(
      ({ direction, received_at, created_at }) => (direction === "incoming" ? received_at : created_at) >= before,
    ),
  webhook_attempts: ({ webhook_attempts }, before) =>
    webhook_attempts?.filter(({ started_at }) => started_at >= before),
  call_tags: ({ call_tags, calls }, before) =>
    call_tags?.filter((tag) =>
      calls?.some(
        (call) =>
          call["organization_id"] === tag["organization_id"] &&
          call["call_log_id"] === tag["call_log_id"] &&
          call["started_at"] >= before,
      ),
    ),
  call_hours: (all, before) => rollUps(modelled["calls"]?.(all, before) ?? [], hourMs),
  call_four_hours: (all, before) => rollUps(modelled["calls"]?.(all, before) ?? [], 4 * hourMs),
  // Every hour is added up afterwards.
  call_marks: () => [],
  organizations: ({ organizations }) => organizations,
  erased_callers: ({ erased_callers }) => erased_callers,
  api_keys: ({ api_keys }) => api_keys,
  knex_migrations: ({ knex_migrations }) => knex_migrations,
  knex_migrations_lock: ({ knex_migrations_lock }) => knex_migrations_lock,
};

/** What is left of a table whose rows have one time each: those of that time or later. */
const byTime = Object.values(records).map(({ table, variants }): [string, Left[string]] => [
  table,
  (all, before) => all[table]?.filter((row) => variants.some(({ at }) => row[at] !== null && row[at] >= before)),
]);

/** What is left of each table: whatever the table, it is here or the test fails. */
const left: Left = { ...Object.fromEntries(byTime), ...modelled };

/** The tables of which the command says how many rows it deleted. */
const recordTables = [...byTime.map(([table]) => table), "call_tags"];

const few = <Value>(...values: Value[]) => fc.constantFrom(...values);
const listExamples = lists.map(({ contract }) => ({
  record: exampleRecord(contract),
  id: contract.id,
  at: contract.at,
}));
const firstOf = (kind: RecordInput["kind"]) => exampleRecords.find((each) => each.kind === kind) as RecordInput;
const children = [
  { record: firstOf("call_event"), parent: "call_log_id", of: "call", id: "event_id", at: "occurred_at" },
  { record: firstOf("rtb_event"), parent: "request_id", of: "rtb_request", id: "event_id", at: "occurred_at" },
  { record: firstOf("webhook_attempt"), parent: "request_id", of: "webhook_request", id: "attempt", at: "started_at" },
];

/** Where a record lies: at the limit to the millisecond, around it, or as many of a wrong unit back. */
const moments = (days: number) =>
  fc
    .tuple(few(dayMs, hourMs, 60_000, 1000, 7 * dayMs, 30 * dayMs), few(-1, 0, 1), few(0, 0, 0, hourMs, -hourMs, dayMs))
    .chain(([unit, ms, beside]) =>
      few(now - days * dayMs, now - days * dayMs, now - days * unit).map((at) => at + ms + beside),
    );

/** Parents and children of every kind, each by itself: some children have no parent, or one of another age. */
const anyRecord = (days: number) => {
  const at = moments(days);
  const parents = fc
    .tuple(
      few(...listExamples),
      fc.integer({ min: 1, max: 6 }),
      at,
      few({}, { vip: "yes" }, { vip: "no", source: "x" }),
    )
    .map(([{ record, id, at: atName }, number, moment, tags]) => ({
      ...record,
      [id]: `${record.kind}_${number}`,
      [atName]: new Date(moment).toISOString(),
      ...(record.kind === "call" && { tags, cost: number / 100, publisher_paid_out: number % 2 ? null : 1 }),
    }));
  const theirs = fc
    .tuple(few(...children), fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 3 }), at)
    .map(([{ record, parent, of, id, at: atName }, owner, number, moment]) => ({
      ...record,
      [parent]: `${of}_${owner}`,
      [id]: id === "attempt" ? number : `e${number}`,
      [atName]: new Date(moment).toISOString(),
    }));
  return fc.oneof({ weight: 3, arbitrary: parents }, { weight: 2, arbitrary: theirs }) as fc.Arbitrary<RecordInput>;
};

/** A record of every kind and direction at a limit, and a millisecond beside it; the children are of no parent. */
const atLimit = (days: number): RecordInput[] =>
  [-1, 0, 1].flatMap((ms) => {
    const at = new Date(now - days * dayMs + ms).toISOString();
    const name = `${days}_days_${ms}`.replace("-", "~");
    return [
      ...listExamples.map((each) => ({ ...each.record, [each.id]: `${each.at}_${name}`, [each.at]: at })),
      ...children.map((each) => ({ ...each.record, [each.parent]: `${each.of}_${name}`, [each.at]: at })),
    ];
  });

/** What is written: by which of two organizations, and before or after the first one's calls are added up. */
const writes = (days: number) =>
  fc.array(fc.record({ record: anyRecord(days), tenant: fc.nat(1), later: fc.boolean() }), {
    minLength: 40,
    maxLength: 60,
    size: "max",
  });

type Write = { record: RecordInput; tenant: number; later: boolean };

describe.each(databases)("retention on $name", ({ create }) => {
  let api: Harness;
  let tables: string[];
  beforeAll(async () => {
    api = await startHarness(create);
    tables = [...(await storedTables(api.database)).keys()];
  });
  afterAll(() => api[Symbol.asyncDispose]());

  const dump = () => dumpOf(api.database, tables);
  const purge = (days: number, ...more: string[]) =>
    admin(api.database_url, ["purge", "--days", String(days), ...more], { now });

  let updates = 0;
  async function write(given: Write[], days: number): Promise<void> {
    const tenants = [await api.tenant(), await api.tenant()] as const;
    await ingestOrFail(tenants[1], atLimit(days));
    for (const later of [false, true]) {
      for (const [index, tenant] of tenants.entries()) {
        const records = given.filter((each) => each.tenant === index && each.later === later);
        // The later of two with one id is the newer.
        const updated = records.map(({ record }) => ({
          ...record,
          updated_at: new Date(now + ++updates).toISOString(),
        }));
        await ingestOrFail(tenant, updated);
      }
      if (!later) await addUp(tenants[0], days);
    }
  }

  /** Asks for what calls are added up for: the hours of one organization are, those of the other are only marked. */
  async function addUp({ key }: Tenant, days: number): Promise<void> {
    const [from, to] = [now - 2 * days * dayMs, now + 2 * dayMs].map((at) => new Date(at).toISOString());
    const path = pathFor(contracts.summaries.callLogs, { from, to });
    expect((await rest(api, key, path)).status).toBe(200);
  }

  test("is modelled for every table of the database", () => {
    expect(tables.toSorted()).toStrictEqual(Object.keys(left).toSorted());
  });

  /** What is expected of every table, whoever deletes what lies before a moment. */
  async function expectDeleted(limit: number, deleting: () => Promise<Record<string, number>>): Promise<void> {
    const before = await dump();
    const said = await deleting();
    const after = await dump();
    for (const table of tables)
      expect(after[table], table).toStrictEqual(inOneOrder(left[table]?.(before, limit) ?? []));
    const gone = recordTables.map((table) => [table, (before[table]?.length ?? 0) - (after[table]?.length ?? 0)]);
    expect(said).toStrictEqual(Object.fromEntries(gone));
    for (const table of recordTables) expect([table, said[table]]).not.toStrictEqual([table, 0]);
  }

  test.each([17, 400])(
    "the command with --days %i keeps as many days to the millisecond, of every kind of record",
    async (days) => {
      await write(fc.sample(writes(days), propertyRuns(1))[0] ?? [], days);
      await expectDeleted(now - days * dayMs, async () => {
        const { code, out } = await purge(days, "--yes");
        expect(code).toBe(0);
        return Object.fromEntries(
          [...out.matchAll(/(\w+)\W+(\d+)\W*\n/g)].map(([, table, rows]) => [table, Number(rows)]),
        );
      });
    },
  );

  test("keeps what is not older than any moment, of every kind of record, and what hangs on it", async () => {
    const cases = fc.integer({ min: 1, max: 500 }).chain((days) => fc.tuple(fc.constant(days), writes(days)));
    await fc.assert(
      fc.asyncProperty(cases, async ([days, records]) => {
        const limit = now - days * dayMs;
        await write(records, days);
        await expectDeleted(limit, () => deleteOlder(api.database, limit));
      }),
      propertyRuns(5),
    );
  });

  test("deletes nothing without --yes, and says from when on it would", async () => {
    await write(fixedSample(writes(3), 1)[0] ?? [], 3);
    const before = await dump();
    expect(before["calls"]?.filter(({ started_at }) => started_at < now - 3 * dayMs)).not.toStrictEqual([]);
    expect(await purge(3)).toStrictEqual({
      code: 2,
      out: "",
      err: "This deletes every record from before 2026-06-07T07:23:41.507Z, for good. Add --yes to do it.\n",
    });
    expect(await dump()).toStrictEqual(before);
  });
});
