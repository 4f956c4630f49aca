import type { Knex } from "knex";
import type { ClientBase } from "pg";
import { isFailover } from "../outages.ts";

/** How long a connection is used that was read-only when it was opened, in ms: its server may be writable soon. */
const readOnlyMs = 1000;

/**
 * Asks whether a new connection may write. A statement that is prepared by its name is then planned for its values each
 * time: a plan for any values may take a window of a minute for one of a month.
 */
const openingSql = `select current_setting('transaction_read_only') as is_read_only,
  set_config('plan_cache_mode', 'force_custom_plan', false)`;

/** The failovers before a connection was opened, and until when it may be used. */
type Opened = { failovers: number; usableUntil: number };

/**
 * Decides which connections of a pool are used again. After a failover the open ones lead to a server that is read-only
 * or gone, though it may answer: the first error of that kind retires them all. A connection that was read-only when it
 * was opened is used for a second only, so that writes find a writable one soon after the server is; a replica's is used
 * on, because nobody writes there.
 */
export class ConnectionHealth {
  readonly #opened = new WeakMap<object, Opened>();
  readonly #isReplica: boolean;
  #failovers = 0;

  constructor({ replica }: { replica: boolean }) {
    this.#isReplica = replica;
  }

  /** The part of a pool's settings that asks for this decision. */
  readonly poolSettings: Pick<Knex.PoolConfig, "afterCreate" | "validate"> = {
    afterCreate: (connection: ClientBase, done: (error: Error | null, connection: ClientBase) => void) => {
      connection.query<{ is_read_only: string }>(openingSql, (error, result) => {
        const isReadOnly = result?.rows[0]?.is_read_only === "on";
        const usableUntil = isReadOnly && !this.#isReplica ? Date.now() + readOnlyMs : Infinity;
        this.#opened.set(connection, { failovers: this.#failovers, usableUntil });
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
    return opened !== undefined && opened.failovers === this.#failovers && Date.now() < opened.usableUntil;
  }
}
