import type { Knex } from "knex";
import { busyTimeoutMs } from "./sqlite/pragmas.ts";

/** An open database: SQLite or PostgreSQL, brought up to date. */
export type Database = Knex;

/** Lets a transaction on PostgreSQL take longer than any question may: it is about all rows. */
export async function disableStatementTimeout(transaction: Knex): Promise<void> {
  await transaction.raw("set local statement_timeout = 0");
}

/** Whether a database, or what a query is for, is PostgreSQL; if not, it is SQLite. */
export function isPostgres({ client }: Knex | Knex.QueryBuilder): boolean {
  return (client as Knex.Client).config.client === "pg";
}

/** Where an open database is, for another thread to connect to. */
export function connectionUrl(database: Database): string {
  const { connection } = (database.client as Knex.Client).config as {
    connection: { connectionString?: string; filename?: string };
  };
  return connection.connectionString ?? `sqlite:${connection.filename}`;
}

/** A write that may be left for the next time: while another one holds SQLite's only lock, waiting for it would hold up every reader. */
export async function writeUnlessLocked(database: Database, write: () => PromiseLike<unknown>): Promise<void> {
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

/** Knex warns on the console of locks that are waited for here. */
export const silentLogger: Knex.Logger = { warn: () => {} };
