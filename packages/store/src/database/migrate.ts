import { mkdirSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout } from "node:timers/promises";
import { Refusal } from "@moja/contracts";
import type BetterSqlite3 from "better-sqlite3";
import createKnex, { type Knex } from "knex";
import pg from "pg";
import { tellPlanner } from "./sqlite/index-statistics.ts";
import { busyTimeoutMs, pragmas, slimPragmas } from "./sqlite/pragmas.ts";
import { keepStatements } from "./sqlite/statement-cache.ts";

/** An open database: SQLite or PostgreSQL, brought up to date. */
export type Database = Knex;

/** A number of our own, by which PostgreSQL knows this lock. */
const advisoryLock = 7_240_916;
const migrationTriesMax = 40;
const migrationRetryMs = 250;
const migrationsFolder = new URL("../../migrations/", import.meta.url);

/** The migrations: plain SQL files, run in the order of their names, each in a transaction. */
const migrationSource: Knex.MigrationSource<string> = {
  getMigrations: async () => (await readdir(migrationsFolder)).filter((name) => name.endsWith(".sql")).sort(),
  getMigrationName: (name) => name,
  getMigration: async (name) => {
    const statements = (await readFile(new URL(name, migrationsFolder), "utf8"))
      .split(/;\s*$/m)
      .filter((statement) => statement.trim());
    return {
      up: async (knex) => {
        // A table that is its own index is SQLite's alone.
        const own = (statement: string) => (isPostgres(knex) ? statement.replace(/ without rowid$/, "") : statement);
        if (isPostgres(knex)) await withoutTimeout(knex);
        for (const statement of statements) await knex.raw(own(statement.trim()));
      },
      down: () => Promise.reject(new Error("Migrations only go forward: restore a backup instead")),
    };
  },
};

/** Opens `sqlite:<path>` or `postgres://…` without touching its tables; `slim` to read through everything once in little memory. */
export function connect(url: string, { slim = false } = {}): Database {
  if (url.startsWith("sqlite:")) return connectSqlite(url.slice("sqlite:".length), slim);
  if (/^postgres(ql)?:\/\//.test(url)) return connectPostgres(url);
  throw new Error(`DATABASE_URL must begin with sqlite: or postgres://, not ${url.split(":")[0]}:`);
}

/** Lets a transaction on PostgreSQL take longer than any question may: it is about all rows. */
export async function withoutTimeout(transaction: Knex): Promise<void> {
  await transaction.raw("set local statement_timeout = 0");
}

/** Whether a database, or what a query is for, is PostgreSQL; if not, it is SQLite. */
export function isPostgres({ client }: Knex | Knex.QueryBuilder): boolean {
  return (client as Knex.Client).config.client === "pg";
}

/** Where an open database is, for another thread to connect to. */
export function urlOf(database: Database): string {
  const { connection } = (database.client as Knex.Client).config as {
    connection: { connectionString?: string; filename?: string };
  };
  return connection.connectionString ?? `sqlite:${connection.filename}`;
}

/** Opens a database and runs the migrations that it lacks. Several processes may do so at once. */
export async function openDatabase(url: string): Promise<Database> {
  const database = connect(url);
  try {
    await migrate(database);
  } catch (error) {
    await database.destroy();
    throw error;
  }
  return database;
}

/** Brings the tables up to date, and names the migrations that it ran. */
export async function migrate(database: Database): Promise<string[]> {
  const ran: string[] = [];
  for (let tries = 1; ; tries++) {
    try {
      return await inTurn(database, async () => {
        const [, batch] = (await database.migrate.latest({ migrationSource })) as [number, string[]];
        ran.push(...batch);
        if (!isPostgres(database)) await tellPlanner(database);
        return ran;
      });
    } catch (error) {
      const [, later] = /the following files are missing: (.*)/.exec(String(error)) ?? [];
      if (later)
        throw new Refusal(
          "unavailable",
          `This database has been changed by a newer version (${later}). Run that one, or restore a backup from before.`,
        );
      if (!isContended(error)) throw error;
      if (tries === migrationTriesMax)
        throw new Refusal(
          "unavailable",
          "Another process has been migrating this database for too long. If it died, free its lock with `operate migrate --unlock`.",
        );
      await setTimeout(migrationRetryMs);
    }
  }
}

/** One process after the other on PostgreSQL, whose catalog Knex's own lock does not guard: a second one would insert the lock's row twice. */
async function inTurn<Result>(database: Database, run: () => Promise<Result>): Promise<Result> {
  if (!isPostgres(database)) return run();
  return database.transaction(async (turn) => {
    await withoutTimeout(turn);
    await turn.raw("select pg_advisory_xact_lock(?)", [advisoryLock]);
    return run();
  });
}

/** Frees the lock that a process which died while migrating has left behind. */
export async function unlockMigrations(database: Database): Promise<void> {
  await database.migrate.forceFreeMigrationsLock({ migrationSource });
}

/** A write that may be left for the next time: while another one holds SQLite's only lock, waiting for it would hold up every reader. */
export async function withoutWaiting(database: Database, write: () => PromiseLike<unknown>): Promise<void> {
  if (isPostgres(database)) return void (await write());
  await database.raw("pragma busy_timeout = 0");
  try {
    await write();
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "SQLITE_BUSY")) throw error;
  } finally {
    await database.raw(`pragma busy_timeout = ${busyTimeoutMs}`);
  }
}

/** Whether another process is making the same tables at this moment: Knex locks, but not before its own tables are there. */
function isContended(error: unknown): boolean {
  return (
    error instanceof Error &&
    (error.name === "MigrationLocked" ||
      /knex_migrations.*(already exists|locked)|unique constraint.*knex|already locked|pg_type_typname_nsp_index|database is locked/is.test(
        error.message,
      ))
  );
}

/** Knex warns on the console of locks that are waited for here. */
const quiet: Knex.Logger = { warn: () => {} };

function connectSqlite(path: string, slim: boolean): Database {
  mkdirSync(dirname(path), { recursive: true });
  return createKnex({
    client: "better-sqlite3",
    connection: { filename: path },
    useNullAsDefault: true,
    log: quiet,
    // The message of an error would hold the values of its query, and is logged.
    compileSqlOnError: false,
    pool: {
      min: 1,
      max: 1,
      afterCreate: (
        connection: BetterSqlite3.Database,
        done: (error: Error | null, connection: BetterSqlite3.Database) => void,
      ) => {
        for (const pragma of slim ? slimPragmas : pragmas) connection.pragma(pragma);
        keepStatements(connection);
        done(null, connection);
      },
    },
  });
}

/** PostgreSQL answers 64-bit integers, counts and sums as text: here they are numbers, all below 2^53. */
const numbers: Record<number, (text: string) => number> = {
  [pg.types.builtins.INT8]: Number,
  [pg.types.builtins.NUMERIC]: Number,
};
const types = {
  getTypeParser: (oid: number, format?: "text" | "binary") => numbers[oid] ?? pg.types.getTypeParser(oid, format),
};

function connectPostgres(url: string): Database {
  return createKnex({
    client: "pg",
    log: quiet,
    // The message of an error would hold the values of its query, and is logged.
    compileSqlOnError: false,
    connection: {
      connectionString: url,
      types,
      application_name: "moja-reporting-api",
      statement_timeout: 30_000,
    } as Knex.PgConnectionConfig,
    pool: { min: 0, max: 10 },
    acquireConnectionTimeout: 10_000,
  });
}
