import { readdir, readFile } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";
import { ApiError } from "@moja/contracts";
import type { Knex } from "knex";
import { connect } from "./connect.ts";
import { disableStatementTimeout, isPostgres, type Database } from "./dialect.ts";
import { writeIndexStatistics } from "./sqlite/index-statistics.ts";

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
        const forDialect = (statement: string) =>
          isPostgres(knex) ? statement.replace(/ without rowid$/, "") : statement;
        if (isPostgres(knex)) await disableStatementTimeout(knex);
        for (const statement of statements) await knex.raw(forDialect(statement.trim()));
      },
      down: () => Promise.reject(new Error("Migrations only go forward: restore a backup instead")),
    };
  },
};

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
      return await withMigrationLock(database, async () => {
        const [, batch] = (await database.migrate.latest({ migrationSource })) as [number, string[]];
        ran.push(...batch);
        if (!isPostgres(database)) await writeIndexStatistics(database);
        return ran;
      });
    } catch (error) {
      const [, newerMigrations] = /the following files are missing: (.*)/.exec(String(error)) ?? [];
      if (newerMigrations)
        throw new ApiError(
          "unavailable",
          `This database has been changed by a newer version (${newerMigrations}). Run that one, or restore a backup from before.`,
        );
      if (!isMigrationConflict(error)) throw error;
      if (tries === migrationTriesMax)
        throw new ApiError(
          "unavailable",
          "Another process has been migrating this database for too long. If it died, free its lock with `admin migrate --unlock`.",
        );
      await setTimeout(migrationRetryMs);
    }
  }
}

/** One process after the other on PostgreSQL, whose catalog Knex's own lock does not guard: a second one would insert the lock's row twice. */
async function withMigrationLock<Result>(database: Database, run: () => Promise<Result>): Promise<Result> {
  if (!isPostgres(database)) return run();
  return database.transaction(async (transaction) => {
    await disableStatementTimeout(transaction);
    await transaction.raw("select pg_advisory_xact_lock(?)", [advisoryLock]);
    return run();
  });
}

/** Frees the lock that a process which died while migrating has left behind. */
export async function unlockMigrations(database: Database): Promise<void> {
  await database.migrate.forceFreeMigrationsLock({ migrationSource });
}

/** Whether another process is making the same tables at this moment: Knex locks, but not before its own tables are there. */
function isMigrationConflict(error: unknown): boolean {
  return (
    error instanceof Error &&
    (error.name === "MigrationLocked" ||
      /knex_migrations.*(already exists|locked)|unique constraint.*knex|already locked|pg_type_typname_nsp_index|database is locked/is.test(
        error.message,
      ))
  );
}
