import { readdir, readFile } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";
import { ApiError } from "@moja/contracts";
import type { Knex } from "knex";
import { disableStatementTimeout, isPostgres, type Database } from "./dialect.ts";
import { fillCallerRefs } from "./fill-caller-refs.ts";
import { writeIndexStatistics } from "./sqlite/index-statistics.ts";

/** The key of PostgreSQL's advisory lock, an arbitrary number. */
const advisoryLock = 7_240_916;
const migrationTriesMax = 40;
const migrationRetryMs = 250;
const migrationsFolder = new URL("../../migrations/", import.meta.url);

/** What SQL cannot compute: run after the statements of a migration, in its transaction. */
const afterStatements: Record<string, (knex: Knex) => Promise<void>> = {
  "0010_caller_refs.sql": fillCallerRefs,
};

/** The names of the migrations that this version knows, in their order. */
async function migrationNames(): Promise<string[]> {
  return (await readdir(migrationsFolder)).filter((name) => name.endsWith(".sql")).sort();
}

/** Why a database whose migrations have these names is not of this version; undefined where it is. */
export async function findMigrationsIssue(names: readonly string[]): Promise<string | undefined> {
  const expected = await migrationNames();
  const missing = expected.filter((name) => !names.includes(name));
  const newer = names.filter((name) => !expected.includes(name));
  if (missing.length > 0) return `Migrations have not run: ${missing.join(", ")}`;
  return newer.length > 0 ? `A newer version has migrated it: ${newer.join(", ")}` : undefined;
}

/** The migrations: plain SQL files, run in the order of their names, each in a transaction. */
const migrationSource: Knex.MigrationSource<string> = {
  getMigrations: migrationNames,
  getMigrationName: (name) => name,
  getMigration: async (name) => {
    const statements = (await readFile(new URL(name, migrationsFolder), "utf8"))
      .split(/;\s*$/m)
      .filter((statement) => statement.trim());
    return {
      up: async (knex) => {
        // Only SQLite has tables without rowid.
        const forDialect = (statement: string) =>
          isPostgres(knex) ? statement.replace(/ without rowid$/, "") : statement;
        if (isPostgres(knex)) await disableStatementTimeout(knex);
        for (const statement of statements) await knex.raw(forDialect(statement.trim()));
        await afterStatements[name]?.(knex);
      },
      down: () => Promise.reject(new Error("Migrations only go forward: restore a backup instead")),
    };
  },
};

/** Is called once where a lock has to be waited for, with what holds it. */
export type OnWait = (holder: string) => void;

/** Runs the pending migrations, and returns their names. */
export async function migrate(database: Database, onWait: OnWait = () => {}): Promise<string[]> {
  const ran: string[] = [];
  await rejectOtherEncoding(database);
  for (let tries = 1; ; tries++) {
    try {
      return await withMigrationLock(database, onWait, async () => {
        const [, batch]: [number, string[]] = await database.migrate.latest({ migrationSource });
        ran.push(...batch);
        if (!isPostgres(database)) await writeIndexStatistics(database);
        return ran;
      });
    } catch (error) {
      rejectNewerDatabase(error);
      if (!isMigrationConflict(error)) throw error;
      if (tries === 1) onWait(holderOf(error));
      if (tries === migrationTriesMax) throw new ApiError("unavailable", lockedMessage);
      await setTimeout(migrationRetryMs);
    }
  }
}

/** Throws `unavailable` for a PostgreSQL database that cannot keep every text: the first `→` would fail in it. */
async function rejectOtherEncoding(database: Database): Promise<void> {
  if (!isPostgres(database)) return;
  const { rows }: { rows: { server_encoding: string }[] } = await database.raw("show server_encoding");
  const encoding = rows[0]?.server_encoding;
  if (encoding !== "UTF8")
    throw new ApiError(
      "unavailable",
      `This PostgreSQL database has the encoding ${encoding}, which cannot hold every text. ` +
        "Create one with `create database … encoding 'UTF8' template template0`, and name it in DATABASE_URL.",
    );
}

const lockedMessage = [
  "Another process has been migrating this database for too long.",
  "If it died, free its lock with `admin migrate --unlock`.",
].join(" ");

/** Throws `unavailable` where a newer version has run migrations that this one does not know. */
function rejectNewerDatabase(error: unknown): void {
  const [, newerMigrations] = /the following files are missing: (.*)/.exec(String(error)) ?? [];
  if (!newerMigrations) return;
  const changed = `This database has been changed by a newer version (${newerMigrations}).`;
  throw new ApiError("unavailable", `${changed} Run that one, or restore a backup from before.`);
}

/** Runs one process at a time on PostgreSQL. Knex's own lock is a row, which two new processes would both insert. */
async function withMigrationLock<Result>(
  database: Database,
  onWait: OnWait,
  run: () => Promise<Result>,
): Promise<Result> {
  if (!isPostgres(database)) return run();
  return database.transaction(async (transaction) => {
    await disableStatementTimeout(transaction);
    const tried = "select pg_try_advisory_xact_lock(?) as is_free";
    const { rows }: { rows: { is_free: boolean }[] } = await transaction.raw(tried, [advisoryLock]);
    if (!rows[0]?.is_free) {
      onWait(`${await processWithLock(transaction)}, which is migrating it`);
      await transaction.raw("select pg_advisory_xact_lock(?)", [advisoryLock]);
    }
    return run();
  });
}

/** Which process of PostgreSQL's has the lock of migrations, and whose it is. */
async function processWithLock(transaction: Knex): Promise<string> {
  const { rows }: { rows: { pid: number; client: string }[] } = await transaction.raw(
    `select pid, coalesce(host(client_addr), 'this machine') as client from pg_stat_activity join pg_locks using (pid)
    where locktype = 'advisory' and objid = ? and granted`,
    [advisoryLock],
  );
  return rows.map(({ pid, client }) => `PostgreSQL's process ${pid} (of ${client})`).join(" and ") || "another process";
}

/** What holds the lock that an error of `isMigrationConflict` is about. SQLite does not tell which process does. */
function holderOf(error: unknown): string {
  return /database is locked/.test(String(error))
    ? "another process, which holds SQLite's lock of writers"
    : "another process, which is migrating it";
}

/** Frees the lock of a process that died while migrating. */
export async function unlockMigrations(database: Database): Promise<void> {
  await database.migrate.forceFreeMigrationsLock({ migrationSource });
}

/** Whether another process is creating the same tables: Knex locks only once its own tables exist. */
function isMigrationConflict(error: unknown): boolean {
  return (
    error instanceof Error &&
    (error.name === "MigrationLocked" || conflictMessages.some((message) => message.test(error.message)))
  );
}

const conflictMessages = [
  /knex_migrations.*(already exists|locked)/is,
  /unique constraint.*knex/is,
  /already locked|pg_type_typname_nsp_index|database is locked/i,
];
