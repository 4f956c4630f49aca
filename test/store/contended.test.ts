import BetterSqlite3 from "better-sqlite3";
import pg from "pg";
import { describe, expect, test } from "vitest";
import { rest } from "../support/ask.ts";
import { databases } from "../support/databases.ts";
import { world } from "../support/world.ts";

const [sqlite, postgres] = databases;

describe("a database that others use too", () => {
  test("SQLite answers readers while another process holds its only lock, also those with a key that was not used yet", async () => {
    await using api = await world(sqlite.create);
    const { key } = await api.tenant();
    const other = new BetterSqlite3(api.database_url.slice("sqlite:".length));
    other.exec("begin immediate");
    expect((await rest(api, key, "/v1/me")).status).toBe(200);
    other.exec("rollback");
    other.close();
    expect((await rest(api, key, "/v1/me")).status).toBe(200);
    expect((await api.database("api_keys").whereNotNull("last_used_at").count({ count: "*" }))[0]).toStrictEqual({ count: 1 });
  });

  test("PostgreSQL that drops its connections is unavailable, which clients try again, and never an internal error", async () => {
    await using api = await world(postgres.create);
    const { key, record } = await api.tenant();
    const admin = new pg.Client({ connectionString: api.database_url });
    await admin.connect();
    const statuses = new Set<number>();
    for (let turn = 0; turn < 12; turn++) {
      const asking = Array.from({ length: 8 }, async () => void statuses.add((await rest(api, key, "/v1/call-logs")).status));
      const writing = record(Array.from({ length: 1000 }, (_, index) => ({ kind: "call_event", call_log_id: "c", event_id: `e${index}`, occurred_at: "2026-05-04T12:00:00.000Z", type: "x", level: "info", message: "x", updated_at: new Date(turn).toISOString() }))).catch(() => undefined);
      await admin.query("select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()");
      await Promise.all([...asking, writing]);
    }
    await admin.end();
    expect([...statuses].filter((status) => status !== 200 && status !== 503)).toStrictEqual([]);
    expect((await rest(api, key, "/v1/call-logs")).status).toBe(200);
  });
});
