import type { Knex } from "knex";
import type { Database } from "./database/dialect.ts";
import type { StoredRow } from "./database/row-types.ts";
import { readInWorker } from "./database/sqlite/read-pool.ts";
import type { Table } from "./database/tables.ts";
import { refreshRollups } from "./rollups/refresh.ts";

/** One organization's view of the tables: the only door from a report to a table. */
export class TenantScope {
  readonly organization_id: string;
  readonly #database: Database;

  constructor(database: Database, organization_id: string) {
    this.#database = database;
    this.organization_id = organization_id;
  }

  /** A table of this organization's rows alone. It is a derived table because `.orWhere()` would step over a plain condition. */
  from(table: Table): Knex.QueryBuilder<StoredRow, StoredRow[]> {
    const own = this.#database(table).where({ organization_id: this.organization_id }).as(table);
    return this.#database.from(own);
  }

  /** Runs a query of this scope that reads many rows, without holding up others. */
  readInWorker(query: Knex.QueryBuilder): Promise<StoredRow[]> {
    return readInWorker(this.#database, query);
  }

  /** Makes this organization's roll-ups of a window what its calls are, and says whether they are yet. */
  refreshRollups(window: { from: number; to: number }): Promise<boolean> {
    return refreshRollups(this.#database, this.organization_id, window);
  }
}
