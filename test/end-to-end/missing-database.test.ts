import { copyFile, readFile, rename, rm, truncate, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { contracts } from "@moja/contracts";
import { createKey, openDatabase } from "@moja/store";
import BetterSqlite3 from "better-sqlite3";
import pg from "pg";
import { describe, expect, test, vi } from "vitest";
import { databases } from "../support/databases.ts";
import { ingestGeneratedRows } from "../support/generated-rows.ts";
import { startHarness } from "../support/harness.ts";
import { rest } from "../support/http.ts";
import { start } from "../support/processes.ts";

const [sqlite, postgres] = databases;
const pathOf = (url: string) => url.slice("sqlite:".length);

const states: { what: string; create: (typeof databases)[number]["create"]; make: (url: string) => unknown }[] = [
  { what: "a SQLite file that is missing", create: sqlite.create, make: () => undefined },
  { what: "a SQLite file that is empty", create: sqlite.create, make: (url) => writeFile(pathOf(url), "") },
  {
    what: "a file that is no database",
    create: sqlite.create,
    make: (url) => writeFile(pathOf(url), "x".repeat(9999)),
  },
  {
    what: "a SQLite database without tables",
    create: sqlite.create,
    make: (url) => new BetterSqlite3(pathOf(url)).exec("create table other (id)").close(),
  },
  { what: "a PostgreSQL database without tables", create: postgres?.create, make: () => undefined },
];

describe("a database that is not there is never made by accident:", () => {
  test.each(states.filter(({ create }) => create))("$what is refused in words, and left as it is", async (state) => {
    await using database = await state.create();
    await state.make(database.url);
    const path = pathOf(database.url);
    const before = existsSync(path) && (await readFile(path));
    const env = { DATABASE_URL: database.url, PORT: "0" };
    const refused = await Promise.all([
      start("main.ts", [], env).ended,
      start("admin/main.ts", ["organization", "list"], env).ended,
      start("admin/main.ts", ["migrate"], env).ended,
    ]);
    for (const { code, out, err } of refused) {
      expect([code, out]).toStrictEqual([1, ""]);
      expect(err).toContain("npm run admin -- init");
      expect(err).not.toContain("    at ");
    }
    expect(existsSync(path) && (await readFile(path))).toStrictEqual(before);
  });

  test.each(databases)("init makes it on $name, and leaves one that is there as it is", async ({ create }) => {
    await using database = await create();
    const env = { DATABASE_URL: database.url, PORT: "0" };
    const admin = (...args: string[]) => start("admin/main.ts", args, env).ended;
    expect((await admin("init")).code).toBe(0);
    expect((await admin("organization", "create", "org_acme", "--name", "Acme", "--plan", "premium")).code).toBe(0);
    expect((await admin("init")).code).toBe(0);
    expect((await admin("organization", "list")).out).toContain("org_acme");
  });

  test.each(["", "x".repeat(9999)])("init does not overwrite a file that is no database", async (text) => {
    await using database = await sqlite.create();
    await writeFile(pathOf(database.url), text);
    expect((await start("admin/main.ts", ["init"], { DATABASE_URL: database.url }).ended).code).toBe(1);
    expect(await readFile(pathOf(database.url), "utf8")).toBe(text);
  });
});

describe("records are not acknowledged into a SQLite file", () => {
  const moves: { what: string; move: (path: string) => Promise<unknown> }[] = [
    { what: "that was removed", move: (path) => rm(path) },
    {
      what: "that was replaced by a copy",
      move: (path) => copyFile(path, `${path}.copy`).then(() => rename(`${path}.copy`, path)),
    },
    { what: "that was cut to nothing", move: (path) => truncate(path, 0) },
  ];
  const cases = moves.flatMap((each) => [
    { ...each, when: "after pushes", pushesBefore: 3 },
    { ...each, when: "before the first one", pushesBefore: 0 },
  ]);
  test.each(cases)("$what, $when", async ({ move, pushesBefore }) => {
    await using api = await startHarness(sqlite.create);
    const key = await createKey(api.database, { organization_id: null, name: "p", scopes: ["ingest:write"] });
    await using served = pushesBefore > 0 ? api : await serveAfresh(api.database_url);
    const push = async (event_id: string) => {
      const event = { ...eventOf, event_id };
      const headers = { "Content-Type": "application/json", "X-Organization-Id": "org_1" };
      const body = JSON.stringify({ records: [event] });
      return rest(served, key, "/v1/ingest", { method: "POST", body, headers });
    };
    for (let pushed = 0; pushed < pushesBefore; pushed++) expect((await push(`before ${pushed}`)).status).toBe(200);
    if (pushesBefore === 0) expect((await rest(served, api.key, "/v1/me")).status).toBe(200);
    await move(pathOf(api.database_url));
    // Several at once are written together, then each by itself.
    const answers = await Promise.all(["a", "b", "c"].map(push));
    expect(answers.map(({ status, body }) => [status, body.code])).toStrictEqual(
      Array.from({ length: 3 }, () => [503, "unavailable"]),
    );
    expect((await push("later")).status).toBe(503);
  });
});

test("a server whose SQLite file is cut while it reads lives, and says that it cannot read", async () => {
  await using api = await startHarness(sqlite.create);
  const tenant = await api.tenant();
  await ingestGeneratedRows(tenant, contracts.callLogs.list, 300);
  await using server = await serveAfresh(api.database_url);
  const ask = (path: string) => rest(server, tenant.key, path);
  expect((await ask("/v1/call-logs?limit=1")).status).toBe(200);
  // What is in the log of writes would be read from there.
  await api.database.raw("pragma wal_checkpoint(truncate)");
  await truncate(pathOf(api.database_url), 0);
  expect((await ask("/v1/call-logs?start=2000-01-01&limit=1000")).status).toBe(503);
  expect([(await ask("/livez")).status, (await ask("/readyz")).status]).toStrictEqual([200, 503]);
});

const eventOf = {
  kind: "call_event",
  call_log_id: "call_7q2m4xk1",
  occurred_at: "2026-05-04T12:00:00.000Z",
  type: "x",
  level: "info",
  message: "x",
  updated_at: "2026-05-04T12:00:00.000Z",
};

/** A server of its own, which has not written yet. */
async function serveAfresh(DATABASE_URL: string) {
  const server = start("main.ts", [], { DATABASE_URL, PORT: "0", LOG_LEVEL: "silent" });
  return { ...(await server.listening()), [Symbol.asyncDispose]: server[Symbol.asyncDispose] };
}

describe("a server that waits for a lock at its start says so, and for whose, and goes on when it is free:", () => {
  test.each(databases)("$name", async ({ name, create }) => {
    await using fresh = await create();
    await (await openDatabase(fresh.url)).destroy();
    const lock = name === "SQLite" ? lockSqlite(pathOf(fresh.url)) : await lockPostgres(fresh.url);
    await using server = start("main.ts", [], { DATABASE_URL: fresh.url, PORT: "0", LOG_LEVEL: "warn" });
    await vi.waitFor(() => expect(server.written.err).toContain("the database is locked: waiting"), 20_000);
    expect(server.written.err).toMatch(lock.holder);
    await lock.release();
    expect((await fetch(`${(await server.listening()).url}/readyz`)).status).toBe(200);
    expect(server.written.err.trim().split("\n")).toHaveLength(1);
  });

  function lockSqlite(path: string) {
    const file = new BetterSqlite3(path);
    file.exec("update knex_migrations_lock set is_locked = 1");
    const release = async () => void file.exec("update knex_migrations_lock set is_locked = 0").close();
    return { holder: /another process, which is migrating it/, release };
  }

  async function lockPostgres(connectionString: string) {
    const client = new pg.Client({ connectionString });
    await client.connect();
    await client.query("select pg_advisory_lock(7240916)");
    const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
    return { holder: new RegExp(`PostgreSQL's process ${rows[0]?.pid} `), release: () => client.end() };
  }
});
