import type BetterSqlite3 from "better-sqlite3";
import type { Knex } from "knex";
import { clientOf } from "../dialect.ts";
import type { StoredRow } from "../row-types.ts";

const connections = new WeakMap<Knex.Client, BetterSqlite3.Database>();

/** Remembers the one connection that Knex opened for a client. */
export function rememberConnection(client: Knex.Client, connection: BetterSqlite3.Database): void {
  connections.set(client, connection);
}

/** Reads at once on the connection of a SQLite database. */
type IdleConnection = { read: (sql: string, bindings: readonly unknown[]) => StoredRow[] };

/**
 * The connection of a SQLite database; undefined for PostgreSQL, before Knex has opened it, and while it is in a
 * transaction, of which a reader outside must not see the writes.
 */
export function idleConnection(database: Knex): IdleConnection | undefined {
  const client = clientOf(database);
  const connection = connections.get(client);
  if (!connection?.open || connection.inTransaction) return undefined;
  return {
    read: (sql, bindings) => {
      // Knex emits this for its own queries only; listeners expect every query.
      client.emit("query", { sql, bindings });
      return connection.prepare<unknown[], StoredRow>(sql).all(...bindings);
    },
  };
}
