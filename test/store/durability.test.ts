import { existsSync } from "node:fs";
import { exampleRecords, recordKinds, records, type RecordInput } from "@moja/contracts";
import { createOrganization, ingestRecords, openDatabase } from "@moja/store";
import BetterSqlite3 from "better-sqlite3";
import fc from "fast-check";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { exampleSecret } from "../support/caller-ref.ts";
import { databases, unorderedPostgres } from "../support/databases.ts";
import { ingestOrFail, startHarness, type Harness, type Tenant } from "../support/harness.ts";
import { propertyRuns } from "../support/property-runs.ts";
import { dumpOf, isSqlite, type StoredRow } from "../support/stored.ts";

const [sqlite, postgres] = databases;

/** One record of each kind and direction. */
const oneOfEach = [
  ...Map.groupBy(exampleRecords, (each) => `${each.kind} ${"direction" in each ? each.direction : ""}`),
].map(([, [first]]) => first as RecordInput);
/** The field that identifies a row of each table among those of its kind: the last of its key. */
const ids = new Map(Object.values(records).map(({ table, key }): [string, string] => [table, String(key.at(-1))]));
const recordTables = [...ids.keys()];
const idOf = ({ kind }: RecordInput) => String(ids.get(records[kind].table));

describe("the connection that writes", () => {
  test("to SQLite commits to the disk before it acknowledges: WAL, and each commit synced", async () => {
    await using api = await startHarness(sqlite.create);
    const file = api.database_url.slice("sqlite:".length);
    // The trigger runs on the very connection that writes the row, in its thread.
    await api.database.raw("create table observed (name text, value text)");
    for (const pragma of ["journal_mode", "synchronous", "foreign_keys", "query_only", "fullfsync", "locking_mode"])
      await api.database.raw(
        `create trigger observing_${pragma} after insert on call_events
         begin insert into observed select '${pragma}', "${pragma}" from pragma_${pragma}; end`,
      );
    await api.database.raw(
      `create trigger observing_timeout after insert on call_events
       begin insert into observed select 'busy_timeout', timeout from pragma_busy_timeout; end`,
    );
    const { ingest } = await api.tenant({ hash_secret: exampleSecret });
    await ingest(exampleRecords.filter(({ kind }) => kind === "call_event").slice(0, 1));
    const procedures = {
      journal_mode: "wal",
      synchronous: "2",
      foreign_keys: "1",
      busy_timeout: "5000",
      locking_mode: "normal",
    };
    const observed: StoredRow[] = await api.database("observed");
    expect(Object.fromEntries(observed.map(({ name, value }) => [name, value]))).toStrictEqual({
      ...procedures,
      query_only: "0",
      fullfsync: "0",
    });
    // The connection on which organizations and keys are written, after a key's last use was noted, too.
    for (const [name, value] of Object.entries(procedures)) {
      const [row]: StoredRow[] = await api.database.raw(`pragma ${name}`);
      expect([name, String(Object.values(row ?? {})[0])]).toStrictEqual([name, value]);
    }
    const other = new BetterSqlite3(file, { readonly: true });
    expect(other.pragma("journal_mode", { simple: true })).toBe("wal");
    other.close();
  });

  test("to PostgreSQL leaves durability as the server has it", async () => {
    await using api = await startHarness(postgres.create);
    await api.database.raw("create table observed as select name, setting, source from pg_settings where false");
    await api.database.raw(
      `create function observing() returns trigger language plpgsql as $$ begin
         insert into observed select name, setting, source from pg_settings
           where name in ('synchronous_commit', 'fsync', 'transaction_isolation', 'transaction_read_only',
             'session_replication_role');
         return null;
       end $$`,
    );
    await api.database.raw("create trigger observing after insert on calls for each row execute function observing()");
    const { ingest } = await api.tenant({ hash_secret: exampleSecret });
    await ingest(exampleRecords.slice(0, 1));
    const observed: StoredRow[] = await api.database("observed");
    const server = new pg.Client({ connectionString: api.database_url });
    await server.connect();
    const { rows } = await server.query("select name, setting, source from pg_settings where name = any($1)", [
      observed.map(({ name }) => name),
    ]);
    await server.end();
    expect(observed).toHaveLength(5);
    const byName = (all: StoredRow[]) => Object.fromEntries(all.map((each) => [each["name"], each]));
    expect(byName(observed)).toStrictEqual(byName(rows));
  });
});

describe.each([...databases, unorderedPostgres])("what is written to $name", ({ create }) => {
  let api: Harness;
  beforeAll(async () => void (api = await startHarness(create)));
  afterAll(() => api[Symbol.asyncDispose]());

  const rowsOf = async ({ organization_id }: Tenant) => {
    const dump = await dumpOf(api.database, recordTables, { organization_id });
    return recordTables.flatMap((table) =>
      (dump[table] ?? []).map(({ organization_id: _, left_at: __, ...row }): StoredRow => row),
    );
  };

  test("is committed when it is acknowledged: another connection sees it at once", async () => {
    const { organization_id, ingest } = await api.tenant({ hash_secret: exampleSecret });
    const other = await openDatabase(api.database_url);
    const event = exampleRecords.find(({ kind }) => kind === "call_event") as RecordInput;
    const seen = await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        await ingest([{ ...event, event_id: `e${index}` }]);
        return other("call_events")
          .where({ organization_id, event_id: `e${index}` })
          .pluck("event_id");
      }),
    );
    await other.destroy();
    expect(seen).toStrictEqual(Array.from({ length: 20 }, (_, index) => [`e${index}`]));
  });

  test("is a whole batch, or nothing of it", async () => {
    const tenant = await api.tenant({ hash_secret: exampleSecret });
    for (const table of recordTables) {
      const remove = await refusing(table, tenant.organization_id);
      await expect(tenant.ingest(exampleRecords), table).rejects.toThrow("refused");
      await remove();
      expect([table, await rowsOf(tenant)]).toStrictEqual([table, []]);
      const { organization_id } = tenant;
      expect(await api.database("call_tags").where({ organization_id })).toStrictEqual([]);
      expect(await api.database("call_marks").where({ organization_id })).toStrictEqual([]);
    }
    await ingestOrFail(tenant, exampleRecords);
    expect(await rowsOf(tenant)).toHaveLength(exampleRecords.length);
  });

  /** Lets a table refuse an organization's rows, until what it gives is called. */
  async function refusing(table: string, organization_id: string): Promise<() => Promise<unknown>> {
    if (isSqlite(api.database)) {
      await api.database.raw(
        `create trigger refusing before insert on ${table} when new.organization_id = '${organization_id}'
         begin select raise(abort, 'refused'); end`,
      );
      return () => api.database.raw("drop trigger refusing");
    }
    await api.database.raw(
      `create function refusing() returns trigger language plpgsql as $$ begin
         if new.organization_id = '${organization_id}' then raise exception 'refused'; end if; return new; end $$`,
    );
    await api.database.raw(
      `create trigger refusing before insert on ${table} for each row execute function refusing()`,
    );
    return () => api.database.raw("drop function refusing cascade");
  }

  /** The names of a record's fields that hold words, which may say anything. */
  const wordsOf = (each: RecordInput) =>
    Object.keys(each).filter((name) => /^(campaign|publisher)_name$|message$/.test(name));

  /** Records that say other things of the same moment, so that only their digests can decide. */
  const equals = (count: number): RecordInput[][] =>
    Array.from({ length: count }, (_, variant) =>
      oneOfEach.map((each) => ({
        ...each,
        ...Object.fromEntries(wordsOf(each).map((name) => [name, `Variant ${variant}`])),
        updated_at: "2026-05-04T13:00:00.000Z",
      })),
    );

  /** The rows that win: of each record the one with the greatest digest, byte by byte, as each is kept by itself. */
  async function winners(variants: RecordInput[][]): Promise<StoredRow[]> {
    const kept: StoredRow[][] = [];
    for (const records of variants) {
      const tenant = await api.tenant({ hash_secret: exampleSecret });
      await ingestOrFail(tenant, records);
      kept.push(await rowsOf(tenant));
    }
    const identity = (row: StoredRow) =>
      [row["call_log_id"], row["request_id"], row["event_id"], row["attempt"]].join();
    return (kept[0] ?? []).map((row) => {
      const same = kept.flat().filter((each) => identity(each) === identity(row) && "type" in each === "type" in row);
      return same.reduce((best, each) => (each["digest"] > best["digest"] ? each : best));
    });
  }

  const inOrder = (rows: StoredRow[]) => rows.map((row) => JSON.stringify(row)).toSorted();

  test("is of equals the one with the greater digest, within a batch and across batches, in any order", async () => {
    const variants = equals(8);
    const expected = inOrder(await winners(variants));
    const deliver = async (order: RecordInput[][], batches: number[]) => {
      const tenant = await api.tenant({ hash_secret: exampleSecret });
      let [accepted, superseded] = [0, 0];
      for (let start = 0, turn = 0; start < order.length; turn++) {
        const size = batches[turn % batches.length] ?? 1;
        const receipt = await tenant.ingest(order.slice(start, start + size).flat());
        [accepted, superseded] = [accepted + receipt.accepted, superseded + receipt.superseded];
        start += size;
      }
      expect(inOrder(await rowsOf(tenant))).toStrictEqual(expected);
      expect(accepted + superseded).toBe(variants.length * oneOfEach.length);
      expect(await tenant.ingest(order.flat())).toMatchObject({ accepted: 0, unchanged: oneOfEach.length });
    };
    await deliver(variants, [8]);
    await deliver(variants.toReversed(), [8]);
    await deliver(variants, [1]);
    await deliver(variants.toReversed(), [1]);
    const orders = fc.shuffledSubarray(variants, { minLength: variants.length });
    const sizes = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 });
    await fc.assert(fc.asyncProperty(orders, sizes, deliver), propertyRuns(4));
  });

  test("is the newer, whatever its digest, within a batch and across batches", async () => {
    const [older = [], newer = []] = equals(2);
    for (const [first, second] of [
      [older, newer],
      [newer, older],
    ] as const) {
      const later = second.map((each) => ({ ...each, updated_at: "2026-05-04T13:00:00.001Z" }));
      for (const batches of [[[...first, ...later]], [[...later, ...first]], [first, later], [later, first]]) {
        const tenant = await api.tenant({ hash_secret: exampleSecret });
        for (const batch of batches) await tenant.ingest(batch);
        const moments = (await rowsOf(tenant)).map(({ updated_at }) => updated_at as number);
        expect(moments).toStrictEqual(oneOfEach.map(() => Date.parse("2026-05-04T13:00:00.001Z")));
      }
    }
  });

  test("by several at once, in any orders, is all acknowledged and ends in the newest", async () => {
    const other = await openDatabase(api.database_url);
    const orders = fc.tuple(...Array.from({ length: 6 }, () => fc.shuffledSubarray(busy, { minLength: busy.length })));
    await fc.assert(
      fc.asyncProperty(orders, async (all) => {
        const { organization_id } = await api.tenant({ hash_secret: exampleSecret });
        const receipts = await Promise.all(
          all.map((records, writer) =>
            ingestRecords(writer % 2 ? other : api.database, organization_id, updated(records, writer)),
          ),
        );
        for (const { accepted, superseded } of receipts) expect(accepted + superseded).toBe(busy.length);
        expect(receipts.at(-1)?.accepted).toBe(busy.length);
        const dump = await dumpOf(api.database, recordTables, { organization_id });
        const moments = Object.values(dump).flatMap((rows) => rows.map(({ updated_at }) => updated_at as number));
        expect(moments).toStrictEqual(busy.map(() => updateOf(all.length - 1)));
      }),
      propertyRuns(3),
    );
    await other.destroy();
  });
});

/** Three records of each kind. */
const busy = oneOfEach.flatMap((each) =>
  ["a", "m", "z"].map((id, index) => ({
    ...each,
    [idOf(each)]: each.kind === "webhook_attempt" ? index + 1 : `${id}.${"direction" in each ? each.direction : ""}`,
  })),
) as RecordInput[];
const updateOf = (writer: number) => Date.parse("2026-05-05") + writer;
const updated = (records: RecordInput[], writer: number) =>
  records.map((each) => ({ ...each, updated_at: new Date(updateOf(writer)).toISOString() }));

describe("two writers on PostgreSQL", () => {
  let api: Harness;
  let holder: pg.Client;
  beforeAll(async () => {
    api = await startHarness(postgres.create);
    holder = new pg.Client({ connectionString: api.database_url });
    await holder.connect();
  });
  afterAll(async () => {
    await holder.end();
    await api[Symbol.asyncDispose]();
  });

  /** Waits until so many connections wait for a lock. */
  const waiting = (count: number) =>
    vi.waitFor(async () => {
      // Within a transaction PostgreSQL lists the connections that there were when it was first asked.
      await holder.query("select pg_stat_clear_snapshot()");
      const { rows } = await holder.query(
        "select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
      );
      expect(rows).toHaveLength(count);
    }, 10_000);

  /** Holds the middle row of each of a tenant's tables. */
  async function hold(organization_id: string, tables: string[]): Promise<void> {
    await holder.query("begin");
    for (const table of tables) {
      const middle = table === "webhook_attempts" ? "attempt = 2" : `${ids.get(table)} like 'm.%'`;
      const { rowCount } = await holder.query(
        `select 1 from ${table} where organization_id = $1 and ${middle} for update`,
        [organization_id],
      );
      expect([table, rowCount]).not.toStrictEqual([table, 0]);
    }
  }

  test("of the same rows and kinds in opposite orders both end, and say truly what was kept", async () => {
    const other = await openDatabase(api.database_url);
    const { organization_id, ingest: write } = await api.tenant({ hash_secret: exampleSecret });
    await write(updated(busy, 0));
    await hold(organization_id, recordTables);
    // Each has rows that the other needs, or would have if they did not begin with the same one.
    const one = ingestRecords(api.database, organization_id, updated(busy, 1));
    await waiting(1);
    const two = ingestRecords(other, organization_id, updated(busy.toReversed(), 2));
    await waiting(2);
    await holder.query("commit");
    const [older, newer] = await Promise.all([one, two]);
    await other.destroy();
    expect(newer).toStrictEqual({ accepted: busy.length, unchanged: 0, superseded: 0, refused: [] });
    expect(older.accepted + older.superseded).toBe(busy.length);
    const dump = await dumpOf(api.database, recordTables, { organization_id });
    expect(Object.values(dump).flatMap((rows) => rows.map(({ updated_at }) => updated_at as number))).toStrictEqual(
      busy.map(() => updateOf(2)),
    );
  });

  test("of other calls of the same hour do not wait for each other", async () => {
    const { organization_id, ingest: write } = await api.tenant({ hash_secret: exampleSecret });
    await write(updated(busy, 0));
    await hold(organization_id, ["webhook_attempts"]);
    // An hour that nobody has written to before.
    const [call, ...others] = updated(busy, 1).map((each) =>
      each.kind === "call" ? { ...each, started_at: "2026-05-06T10:00:00.000Z" } : each,
    );
    const held = write([call, ...others]);
    await waiting(1);
    expect(await write([{ ...call, call_log_id: "another" }])).toMatchObject({ accepted: 1 });
    await holder.query("commit");
    expect(await held).toMatchObject({ accepted: busy.length });
  });

  test("know every kind of record", () => {
    expect(new Set(busy.map(({ kind }) => kind))).toStrictEqual(new Set(recordKinds));
  });
});

test("a SQLite file that was closed is whole: no log is left beside it of what was written last", async () => {
  await using file = await databases[0].create();
  const database = await openDatabase(file.url);
  await createOrganization(database, { organization_id: "org_1", name: "One", plan: "premium", api_access: true });
  await ingestRecords(database, "org_1", exampleRecords);
  await database.destroy();
  expect(existsSync(`${file.url.slice("sqlite:".length)}-wal`)).toBe(false);
});
