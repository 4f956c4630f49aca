import type { Knex } from "knex";
import type { ClientBase } from "pg";
import { isFailover } from "../outages.ts";

/** When a connection was opened, as the number of failovers before; and what its server lets it do. */
type Opened = { failovers: number; isReadOnly: boolean; isUsed: boolean };

/**
 * Decides which connections of a pool are used again. After a failover the open ones lead to a server that is read-only
 * or gone, though it may answer: the first error of that kind retires them all. A connection that was read-only from its
 * beginning serves once, so that the first write after the server has become writable finds a writable one.
 */
export class ConnectionHealth {
  readonly #opened = new WeakMap<object, Opened>();
  #failovers = 0;

  /** The part of a pool's settings that asks for this decision. */
  readonly poolSettings: Pick<Knex.PoolConfig, "afterCreate" | "validate"> = {
    afterCreate: (connection: ClientBase, done: (error: Error | null, connection: ClientBase) => void) => {
      connection.query<{ transaction_read_only: string }>("show transaction_read_only", (error, result) => {
        const isReadOnly = result?.rows[0]?.transaction_read_only === "on";
        this.#opened.set(connection, { failovers: this.#failovers, isReadOnly, isUsed: false });
        done(error, connection);
      });
    },
    validate: (connection: object) => this.#mayServe(connection),
  };

  /** Watches the errors of a database's queries. */
  watch(database: Knex): void {
    database.on("query-error", (error: unknown) => {
      if (isFailover(error)) this.#failovers++;
    });
  }

  #mayServe(connection: object): boolean {
    const opened = this.#opened.get(connection);
    if (!opened || opened.failovers !== this.#failovers || (opened.isReadOnly && opened.isUsed)) return false;
    opened.isUsed = true;
    return true;
  }
}
