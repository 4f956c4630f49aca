import type { Knex } from "knex";
import { isOutage } from "./outages.ts";
import { busyTimeoutMs } from "./sqlite/pragmas.ts";

/** An open database, SQLite or PostgreSQL. */
export type Database = Knex;

/** A database, or a query on one. */
export type HasClient = Knex | Knex.QueryBuilder | Knex.Raw;

/** Knex's client of a database or query, which Knex types as `any`. */
export function clientOf(target: HasClient): Knex.Client {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Knex's types leave it out of raw queries
  return (target as Exclude<HasClient, Knex.Raw>).client;
}

/** Has something ended before a database is closed. */
export function onDestroy(database: HasClient, end: () => Promise<unknown>): void {
  const client = clientOf(database);
  const destroy = client.destroy.bind(client);
  client.destroy = async (callback) => {
    await end();
    return destroy(callback);
  };
}

/** Lifts PostgreSQL's timeout, which bounds requests, for a transaction over all rows. */
export async function disableStatementTimeout(transaction: Knex): Promise<void> {
  await transaction.raw("set local statement_timeout = 0");
}

/** Whether a database or a query's database is PostgreSQL; otherwise it is SQLite. */
export function isPostgres(target: HasClient): boolean {
  return clientOf(target).config.client === "pg";
}

/** The URL of an open database, for another thread to connect to. */
export function connectionUrl(target: HasClient): string {
  const connection: unknown = clientOf(target).config.connection;
  if (typeof connection === "object" && connection !== null) {
    if ("connectionString" in connection) return String(connection.connectionString);
    if ("filename" in connection) return `sqlite:${String(connection.filename)}`;
  }
  throw new Error("This database was not opened by connect()");
}

/**
 * Writes what may be skipped, and resolves to whether it was written: while another process holds SQLite's only write
 * lock, waiting for it would block every reader of this connection.
 */
export async function writeUnlessLocked(database: Database, write: () => PromiseLike<unknown>): Promise<boolean> {
  if (isPostgres(database)) return Promise.resolve(write()).then(() => true, ignoreOutage);
  await database.raw("pragma busy_timeout = 0");
  try {
    await write();
    return true;
  } catch (error) {
    return ignoreOutage(error);
  } finally {
    await database.raw(`pragma busy_timeout = ${busyTimeoutMs}`);
  }
}

function ignoreOutage(error: unknown): false {
  if (!isOutage(error)) throw error;
  return false;
}

/** Silences Knex's console warnings about migration locks, which `migrate` waits for. */
export const silentLogger: Knex.Logger = { warn: () => {} };
