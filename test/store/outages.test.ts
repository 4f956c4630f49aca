import { setTimeout } from "node:timers/promises";
import { exampleRecords } from "@moja/contracts";
import { createKey, isOutage, openDatabase } from "@moja/store";
import pg from "pg";
import { describe, expect, inject, test } from "vitest";
import { databases } from "../support/databases.ts";
import { startHarness, type Harness } from "../support/harness.ts";
import { pathFor, reports, rest, trpc, type HttpResult } from "../support/http.ts";

const [sqlite, postgres] = databases;

/** Codes of a database that cannot answer now, and of statements that are wrong whenever they run. */
const outages = [
  ..."08000 08001 08003 08004 08006 08007 08P01 25006 28000 28P01 3D000 40001 40P01 53000 53100 53200 53300 53400".split(
    " ",
  ),
  ..."55000 55P03 57014 57P01 57P02 57P03 57P05 58000 58030".split(" "),
  ..."EAI_AGAIN ECONNREFUSED ECONNRESET EHOSTUNREACH ENETUNREACH ENOTFOUND EPIPE ETIMEDOUT EMFILE".split(" "),
  ..."CERT_HAS_EXPIRED DEPTH_ZERO_SELF_SIGNED_CERT ERR_TLS_CERT_ALTNAME_INVALID UNABLE_TO_VERIFY_LEAF_SIGNATURE".split(
    " ",
  ),
  ..."SQLITE_BUSY SQLITE_BUSY_SNAPSHOT SQLITE_LOCKED SQLITE_FULL SQLITE_READONLY SQLITE_READONLY_DBMOVED".split(" "),
  ..."SQLITE_IOERR SQLITE_IOERR_WRITE SQLITE_CANTOPEN SQLITE_CANTOPEN_ISDIR SQLITE_PROTOCOL SQLITE_NOMEM".split(" "),
  // The database itself is broken, or lacks a table: no statement of ours is wrong.
  ..."42P01 XX001 XX002 SQLITE_CORRUPT SQLITE_CORRUPT_INDEX SQLITE_NOTADB".split(" "),
];
const faults = "22P02 23505 42703 42601 XX000 SQLITE_ERROR SQLITE_CONSTRAINT_UNIQUE SQLITE_RANGE".split(" ");

const failure = (code: string) => Object.assign(new Error("no reason"), { code });

test("an outage is told from a wrong statement by its code, and a lost connection by its message", () => {
  expect(outages.filter((code) => !isOutage(failure(code)))).toStrictEqual([]);
  expect(faults.filter((code) => isOutage(failure(code)))).toStrictEqual([]);
  for (const message of [
    "Connection terminated unexpectedly",
    "Connection terminated due to connection timeout",
    "Client has encountered a connection error and is not queryable",
    "no such table: calls",
    "Knex: Timeout acquiring a connection. The pool is probably full.",
  ])
    expect(isOutage(new Error(message)), message).toBe(true);
});

/** Pushes a record that is newer than the ones before. */
async function push(api: Harness): Promise<HttpResult> {
  const record = { ...exampleRecords[0], updated_at: new Date().toISOString() };
  return rest(api, service, "/v1/ingest", {
    method: "POST",
    body: JSON.stringify({ records: [record] }),
    headers: { "Content-Type": "application/json", "X-Organization-Id": "org_1" },
  });
}

let service: string;

async function startWithProducer(create: (typeof databases)[number]["create"]): Promise<Harness> {
  const api = await startHarness(create);
  service = await createKey(api.database, { organization_id: null, name: "producer", scopes: ["ingest:write"] });
  expect((await push(api)).status).toBe(200);
  return api;
}

/** Every report is read while nothing can be written, also by keys that were never used. */
async function expectReadable(api: Harness, keys: string[]): Promise<void> {
  const asked = reports.flatMap(({ name, contract: { path, example } }) =>
    keys.flatMap((key) => [rest(api, key, pathFor({ path }, example.input)), trpc(api, key, name, example.input)]),
  );
  const files = keys.map((key) => rest(api, key, "/v1/exports/call-logs?from=2026-05-01&to=2026-06-01"));
  expect(new Set((await Promise.all([...asked, ...files])).map(({ status }) => status))).toStrictEqual(new Set([200]));
}

const expectUnavailable = ({ status, headers, body }: HttpResult) =>
  expect([status, body.code, headers.get("retry-after")]).toStrictEqual([503, "unavailable", "5"]);

const freshKeys = async (api: Harness) => [
  await createKey(api.database, { organization_id: "org_1", name: "fresh", scopes: ["reports:read"] }),
  api.key,
];

describe("a database that cannot be written", () => {
  const sqliteStates = [
    { what: "SQLite that is read-only", pragma: "query_only = on", back: "query_only = off" },
    { what: "SQLite on a full disk", pragma: "max_page_count = 1", back: "max_page_count = 4294967294" },
  ];
  test.each(sqliteStates)("$what is read on", async ({ pragma, back }) => {
    await using api = await startWithProducer(sqlite.create);
    const keys = await freshKeys(api);
    await api.database.raw(`pragma ${pragma}`);
    await expectReadable(api, keys);
    await api.database.raw(`pragma ${back}`);
  });

  test.skipIf(!inject("postgres_url"))(
    "PostgreSQL that is read-only after a failover is read on, refuses writes as unavailable, and is written within a second of when it can be",
    async () => {
      await using api = await startWithProducer(postgres.create);
      const keys = await freshKeys(api);
      const name = new URL(api.database_url).pathname.slice(1);
      const failOver = async (change: string) => {
        const client = new pg.Client({ connectionString: inject("postgres_url") });
        await client.connect();
        await client.query(`alter database ${name} ${change}`);
        return client;
      };
      const server = await failOver("set default_transaction_read_only = on");
      await server.query("select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", [name]);
      await expectReadable(api, keys);
      for (let tries = 0; tries < 3; tries++) expectUnavailable(await push(api));
      expect((await rest(api, api.key, "/v1/call-logs")).status).toBe(200);
      await server.query(`alter database ${name} reset default_transaction_read_only`);
      await setTimeout(1000);
      expect((await push(api)).status).toBe(200);
      await server.end();
    },
  );
});

test.skipIf(!inject("postgres_url"))(
  "a PostgreSQL database of another encoding is refused at start, by name",
  async () => {
    const client = new pg.Client({ connectionString: inject("postgres_url") });
    await client.connect();
    for (const encoding of ["LATIN1", "SQL_ASCII"]) {
      const name = `moja_test_${encoding.toLowerCase()}_${process.pid}`;
      await client.query(
        `create database ${name} template template0 encoding '${encoding}' locale 'C' locale_provider libc`,
      );
      const url = Object.assign(new URL(inject("postgres_url")), { pathname: `/${name}` });
      await expect(openDatabase(url.href)).rejects.toThrow(
        new RegExp(`has the encoding ${encoding}, .* encoding 'UTF8' .* DATABASE_URL`),
      );
      await client.query(`drop database ${name} with (force)`);
    }
    await client.end();
  },
);
