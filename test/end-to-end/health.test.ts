import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdtemp, open, rename, rm, stat, truncate } from "node:fs/promises";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { dirname, join } from "node:path";
import BetterSqlite3 from "better-sqlite3";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, inject, test, vi } from "vitest";
import { exampleRecords } from "@moja/contracts";
import { createOrganization, ingestRecords, openDatabase } from "@moja/store";
import { databases } from "../support/databases.ts";
import { startServerProcess, type ServerProcess } from "../support/server-process.ts";

const [sqlite, postgres] = databases;

/** Long after the two seconds that an answer takes at most, and long before a database that hangs would be given up. */
const hangsMs = 15_000;

/** What a load balancer is answered. */
async function readiness({ url }: ServerProcess) {
  const ask = (path: string) => fetch(url + path, { signal: AbortSignal.timeout(hangsMs) });
  const answers = await Promise.all(
    ["/readyz", "/healthz"].map(async (path) => {
      const response = await ask(path);
      const body = (await response.json()) as { writable?: boolean; code?: string };
      if (response.status === 503)
        expect([body.code, response.headers.get("retry-after")]).toEqual(["unavailable", "5"]);
      return [response.status, body.writable];
    }),
  );
  expect(answers[1]).toStrictEqual(answers[0]);
  expect((await ask("/livez")).status, "the process lives").toBe(200);
  return answers[0];
}

/** Waits until this is answered: an answer is kept for half a second. */
async function expectReadiness(server: ServerProcess, expected: unknown[], what?: string): Promise<void> {
  await vi.waitFor(async () => expect(await readiness(server), what).toStrictEqual(expected), hangsMs);
}

/** What a server logs of changes from now on; a line may arrive after the answer that it is of. */
function watchChanges({ log }: ServerProcess): () => string[] {
  const before = log().length;
  return () => {
    const said = log().slice(before);
    expect(said, "no stack for an answer that is no fault").not.toContain("stack");
    return said.split("\n").filter((line) => line.includes("health has changed"));
  };
}

const ready = [200, true];
const readyToRead = [200, false];
const unready = [503, undefined];

/** Fills a database with records, so that its tables have pages of their own. */
async function fill(url: string): Promise<void> {
  const database = await openDatabase(url);
  await createOrganization(database, { organization_id: "org_1", name: "One", plan: "premium", api_access: true });
  await ingestRecords(database, "org_1", exampleRecords);
  await database.destroy();
}

/** What is copied for each test on SQLite. */
let filledFile: string;
beforeAll(async () => {
  filledFile = join(await mkdtemp(join(inject("tests_folder"), "health-")), "filled.sqlite");
  await fill(`sqlite:${filledFile}`);
});

/** A database whose server waits for it to be changed. */
async function serving(create: (typeof databases)[number]["create"], urlOf = (url: string) => url) {
  const database = await create({ migrated: true });
  if (create === sqlite.create) await copyFile(filledFile, database.url.slice("sqlite:".length));
  else await fill(database.url);
  const server = await startServerProcess(urlOf(database.url), { LOG_LEVEL: "warn" });
  const dispose = async () => {
    await server.kill();
    await database[Symbol.asyncDispose]();
  };
  return { database, server, path: database.url.slice("sqlite:".length), [Symbol.asyncDispose]: dispose };
}

async function overwrite(path: string, byte: number): Promise<void> {
  const { size } = await stat(path);
  const file = await open(path, "r+");
  await file.write(Buffer.alloc(size, byte), 0, size, 0);
  await file.close();
}

function onFile(path: string, sql: string): void {
  const connection = new BetterSqlite3(path);
  connection.exec(sql);
  connection.close();
}

const later = "insert into knex_migrations (name, batch, migration_time) values ('9999_later.sql', 99, null)";
const earlier = "delete from knex_migrations where name like '0013%'";

describe("the health of a SQLite file", () => {
  const states: { what: string; change: (path: string) => unknown; expected: unknown[]; logged?: RegExp }[] = [
    { what: "is sound", change: () => undefined, expected: ready },
    { what: "was deleted", change: (path) => rm(path), expected: unready, logged: /not the one that was opened/ },
    {
      what: "lies in a folder that is gone, as of a volume that was unmounted",
      change: (path) => rename(dirname(path), `${dirname(path)}.gone`),
      expected: unready,
      logged: /not the one that was opened/,
    },
    {
      what: "was replaced by a copy",
      change: async (path) => {
        await copyFile(path, `${path}.copy`);
        await rename(`${path}.copy`, path);
      },
      expected: unready,
      logged: /not the one that was opened/,
    },
    { what: "was cut to nothing", change: (path) => truncate(path, 0), expected: unready },
    {
      what: "was cut in half",
      change: async (path) => truncate(path, Math.floor((await stat(path)).size / 2)),
      expected: unready,
    },
    { what: "was overwritten with zeros", change: (path) => overwrite(path, 0), expected: unready },
    { what: "was overwritten with something else", change: (path) => overwrite(path, 0x5a), expected: unready },
    {
      what: "was migrated by a newer version",
      change: (path) => onFile(path, later),
      expected: unready,
      logged: /9999_later/,
    },
    { what: "lacks a migration", change: (path) => onFile(path, earlier), expected: unready, logged: /0013_/ },
    { what: "lacks a table", change: (path) => onFile(path, "drop table knex_migrations"), expected: unready },
  ];
  test.each(states)("that $what is told", async ({ change, expected, logged = /./ }) => {
    await using served = await serving(sqlite.create);
    await expectReadiness(served.server, ready);
    const changes = watchChanges(served.server);
    await change(served.path);
    await expectReadiness(served.server, expected);
    if (expected === unready) await vi.waitFor(() => expect(changes().join("\n")).toMatch(logged), hangsMs);
    await expectReadiness(served.server, expected);
    expect(changes(), "only a change is logged").toHaveLength(expected === unready ? 1 : 0);
  });

  test("that another process is writing is ready", async () => {
    await using served = await serving(sqlite.create);
    const writer = new BetterSqlite3(served.path);
    writer.exec("begin immediate");
    await expectReadiness(served.server, ready);
    writer.close();
  });
});

/** Mounts a volume of its own, which takes an administrator. */
function mount(folder: string, options: string): boolean {
  return spawnSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", folder]).status === 0;
}

describe("the health of a SQLite file on a volume", () => {
  const states = [
    { what: "has little space left", size: "16m", turnsReadOnly: false, before: readyToRead },
    { what: "turns read-only", size: "256m", turnsReadOnly: true, before: ready },
  ];
  test.for(states)("that $what is told", async ({ size, turnsReadOnly, before }, { skip }) => {
    const folder = await mkdtemp(join(inject("tests_folder"), "volume-"));
    if (!mount(folder, `size=${size}`)) skip("a volume takes an administrator to mount");
    try {
      const url = `sqlite:${join(folder, "moja.sqlite")}`;
      await copyFile(filledFile, url.slice("sqlite:".length));
      const server = await startServerProcess(url, { LOG_LEVEL: "warn" });
      await expectReadiness(server, before);
      if (turnsReadOnly) {
        spawnSync("mount", ["--bind", folder, folder]);
        spawnSync("mount", ["-o", "remount,bind,ro", folder]);
      }
      await expectReadiness(server, readyToRead);
      await server.kill();
    } finally {
      spawnSync("umount", ["-l", folder]);
      if (turnsReadOnly) spawnSync("umount", ["-l", folder]);
    }
  });
});

describe.skipIf(!inject("postgres_url"))("the health of a PostgreSQL database", () => {
  /** Stands between the server and PostgreSQL, and lets through, holds back or refuses what is sent. */
  let mode: "open" | "hanging" | "closed" = "open";
  const sockets = new Set<Socket>();
  const proxy = createServer((socket) => {
    if (mode === "closed") {
      socket.destroy();
      return;
    }
    const { port, hostname } = new URL(inject("postgres_url"));
    const onward = connect(Number(port), hostname);
    for (const each of [socket, onward]) sockets.add(each.on("error", () => undefined));
    socket.on("data", (chunk) => mode === "open" && onward.write(chunk)).on("close", () => onward.destroy());
    onward.on("data", (chunk) => mode === "open" && socket.write(chunk)).on("close", () => socket.destroy());
  });
  beforeAll(async () => {
    proxy.listen(0, "127.0.0.1");
    await once(proxy, "listening");
  });
  afterAll(() => {
    for (const socket of sockets) socket.destroy();
    proxy.close();
  });
  const through = (url: string) =>
    Object.assign(new URL(url), { hostname: "127.0.0.1", port: String((proxy.address() as AddressInfo).port) }).href;

  const run = async (url: string, ...statements: string[]) => {
    const client = new pg.Client({ connectionString: url });
    client.on("error", () => undefined);
    await client.connect();
    for (const statement of statements) await client.query(statement);
    return client;
  };
  const onServer = async (url: string, statement: (name: string) => string) => {
    const name = new URL(url).pathname.slice(1);
    const disconnect = `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`;
    await (await run(inject("postgres_url"), statement(name), disconnect)).end();
  };

  const setting = (name: string, value: "on" | "off") =>
    `alter database ${name} set default_transaction_read_only = ${value}`;
  type State = { what: string; change: (url: string) => unknown; expected: unknown[]; logged?: RegExp };
  const states: (State & { undo?: (url: string) => unknown })[] = [
    { what: "is sound", change: () => undefined, expected: ready },
    { what: "hangs", change: () => (mode = "hanging"), expected: unready },
    {
      what: "refuses connections",
      change: () => {
        mode = "closed";
        for (const socket of sockets) socket.destroy();
      },
      expected: unready,
    },
    {
      what: "is read-only after a failover",
      change: (url) => onServer(url, (name) => setting(name, "on")),
      expected: readyToRead,
      logged: /reading only/,
      // Open connections stay as they are.
      undo: async (url) => (await run(inject("postgres_url"), setting(new URL(url).pathname.slice(1), "off"))).end(),
    },
    {
      what: "takes no connections",
      change: (url) => onServer(url, (name) => `alter database ${name} allow_connections false`),
      expected: unready,
    },
    {
      what: "was dropped",
      change: (url) => onServer(url, (name) => `drop database ${name} with (force)`),
      expected: unready,
    },
    {
      what: "was replaced by an empty one",
      change: async (url) => {
        await onServer(url, (name) => `drop database ${name} with (force)`);
        await onServer(url, (name) => `create database ${name} template template0`);
      },
      expected: unready,
    },
    {
      what: "was migrated by a newer version",
      change: (url) => run(url, later),
      expected: unready,
      logged: /9999_later/,
    },
    { what: "lacks a migration", change: (url) => run(url, earlier), expected: unready, logged: /0013_/ },
    { what: "lacks its tables", change: (url) => run(url, "drop table knex_migrations"), expected: unready },
    {
      what: "has its tables locked, and waits for them with every connection of the pool",
      change: async (url) => {
        await run(url, "begin", "lock table api_keys, organizations, calls in access exclusive mode");
      },
      expected: ready,
    },
  ];
  test.each(states)("that $what is told", async ({ what, change, expected, logged = /./, undo }) => {
    mode = "open";
    await using served = await serving(postgres.create, through);
    await expectReadiness(served.server, ready);
    const changes = watchChanges(served.server);
    await change(served.database.url);
    if (what.includes("locked"))
      for (let asked = 0; asked < 12; asked++)
        void fetch(`${served.server.url}/v1/me`, { headers: { "X-API-Key": `moja_a_${"b".repeat(20)}` } }).catch(
          () => 0,
        );
    await expectReadiness(served.server, expected);
    if (expected !== ready) await vi.waitFor(() => expect(changes().join("\n")).toMatch(logged), hangsMs);
    if (undo) {
      await undo(served.database.url);
      await expectReadiness(served.server, ready, "that it is over is told, too");
    }
    mode = "open";
    // Whoever disposes of the database drops it.
    if (what === "was dropped") await onServer(served.database.url, (name) => `create database ${name}`);
  });
});
