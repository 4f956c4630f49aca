import { Worker } from "node:worker_threads";
import BetterSqlite3 from "better-sqlite3";
import pg from "pg";
import { describe, expect, test, vi } from "vitest";
import { databases } from "../support/databases.ts";
import { startHarness } from "../support/harness.ts";
import { rest } from "../support/http.ts";

const [sqlite, postgres] = databases;

const eventOf = (call_log_id: string, event_id: string, type: string) => ({
  kind: "call_event",
  call_log_id,
  event_id,
  occurred_at: "2026-05-04T12:00:00.000Z",
  type,
  level: "info",
  message: "x",
  updated_at: "2026-05-04T12:00:00.000Z",
});

describe("a database that others use too", () => {
  test("SQLite answers readers while another process holds its only lock, also those with a key that was not used yet", async () => {
    await using api = await startHarness(sqlite.create);
    const { key } = await api.tenant();
    const other = new BetterSqlite3(api.database_url.slice("sqlite:".length));
    other.exec("begin immediate");
    expect((await rest(api, key, "/v1/me")).status).toBe(200);
    other.exec("rollback");
    other.close();
    // The use is written behind the request, and again by a later one where it failed.
    await vi.waitFor(async () => {
      expect((await rest(api, key, "/v1/me")).status).toBe(200);
      const used = await api.database("api_keys").whereNotNull("last_used_at").count({ count: "*" });
      expect(used).toStrictEqual([{ count: 1 }]);
    }, 10_000);
  });

  test("SQLite answers others while it reads through many rows: a request that comes later need not wait", async () => {
    await using api = await startHarness(sqlite.create);
    const columns = (await api.database.raw<{ name: string }[]>("select name from pragma_table_info('calls')")).map(
      ({ name }) => name,
    );
    const values = columns.map((name) => (name === "call_log_id" ? "call_log_id || n" : name));
    await api.database.raw(
      `with recursive copies(n) as (select 1 union all select n + 1 from copies where n < 100000) insert into calls (${columns.join(", ")}) select ${values.join(", ")} from copies, calls`,
    );
    for (const path of [
      "/v1/call-logs?totals=true",
      "/v1/summaries/call-logs?group_by=caller_state,dialed_number",
      "/v1/exports/call-logs?estimate=true",
      "/v1/call-logs?destination_number=%2B13105550100",
    ]) {
      const answered: string[] = [];
      const ask = async (address: string) => {
        expect((await rest(api, api.key, address)).status).toBe(200);
        answered.push(address);
      };
      const long = ask(`${path}&from=2026-05-01&to=2026-06-01`);
      while (answered.filter((each) => each === "/v1/me").length < 3) await ask("/v1/me");
      await long;
      expect(answered.slice(0, 3), path).toStrictEqual(["/v1/me", "/v1/me", "/v1/me"]);
    }
  });

  test("SQLite commits pushes together that come together: one that the database refuses fails alone", async () => {
    await using api = await startHarness(sqlite.create);
    const { key, ingest } = await api.tenant();
    await api.database.raw(
      "create trigger refusing before insert on call_events when new.type = 'poison' begin select raise(abort, 'refused'); end",
    );
    const pushes = ["a", "b", "poison", "c", "d", "e", "poison", "f", "g"].map((type, index) =>
      ingest([eventOf("call_7q2m4xk1", `e${index}`, type)]),
    );
    const outcomes = await Promise.allSettled(pushes);
    expect(outcomes.map(({ status }) => (status === "fulfilled" ? "kept" : "refused"))).toStrictEqual([
      "kept",
      "kept",
      "refused",
      "kept",
      "kept",
      "kept",
      "refused",
      "kept",
      "kept",
    ]);
    expect(
      await api.database("call_events").where({ organization_id: "org_2" }).orderBy("event_id").pluck("type"),
    ).toStrictEqual(["a", "b", "c", "d", "e", "f", "g"]);
    expect((await rest(api, key, "/v1/me")).status).toBe(200);
  });

  test("SQLite refuses the pushes that have waited for another process's lock, and takes them when it is free", async () => {
    await using api = await startHarness(sqlite.create);
    const { ingest } = await api.tenant();
    const other = new BetterSqlite3(api.database_url.slice("sqlite:".length));
    other.exec("begin immediate");
    const push = () =>
      Promise.allSettled(Array.from("abcdefghijkl", (id) => ingest([eventOf("call_7q2m4xk1", id, "x")])));
    expect(
      (await push()).map((each) => each.status === "rejected" && (each.reason as { code: string }).code),
    ).toStrictEqual(Array.from({ length: 12 }, () => "SQLITE_BUSY"));
    other.exec("rollback");
    other.close();
    expect((await push()).map((each) => each.status === "fulfilled" && each.value.accepted)).toStrictEqual(
      Array.from({ length: 12 }, () => 1),
    );
  });

  test("SQLite takes a write of the same process, which waits for the lock of a push that is under way", async () => {
    await using api = await startHarness(sqlite.create);
    const { ingest } = await api.tenant();
    const other = new BetterSqlite3(api.database_url.slice("sqlite:".length), { timeout: 3000 });
    const posting = vi.spyOn(Worker.prototype, "postMessage");
    posting.mockImplementationOnce(function (this: Worker, ...job) {
      // Once: this is the real one again.
      this.postMessage(...job);
      // The writing thread has its lock by then, and cannot be told to commit while this waits.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
      other.exec("update organizations set name = 'renamed'");
    });
    expect((await ingest([eventOf("call_7q2m4xk1", "a", "x")])).accepted).toBe(1);
    expect(await api.database("organizations").where({ name: "renamed" })).toHaveLength(2);
    other.close();
    vi.restoreAllMocks();
  });

  test("PostgreSQL that drops its connections is unavailable, which clients try again, and never an internal error", async () => {
    await using api = await startHarness(postgres.create);
    const { key, ingest } = await api.tenant();
    const admin = new pg.Client({ connectionString: api.database_url });
    await admin.connect();
    const statuses = new Set<number>();
    for (let turn = 0; turn < 12; turn++) {
      const asking = Array.from(
        { length: 8 },
        async () => void statuses.add((await rest(api, key, "/v1/call-logs")).status),
      );
      const writing = ingest(
        Array.from({ length: 1000 }, (_, index) => ({
          ...eventOf("c", `e${index}`, "x"),
          updated_at: new Date(turn).toISOString(),
        })),
      ).catch(() => undefined);
      await admin.query(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
      );
      await Promise.all([...asking, writing]);
    }
    await admin.end();
    expect([...statuses].filter((status) => status !== 200 && status !== 503)).toStrictEqual([]);
    expect((await rest(api, key, "/v1/call-logs")).status).toBe(200);
  });
});
