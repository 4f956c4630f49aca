import type { Knex } from "knex";
import { derivedTables } from "./database/derived-tables.ts";
import { isPostgres, type Database } from "./database/dialect.ts";
import type { SqlTemplates } from "./database/prepared.ts";
import type { StoredRow, StoredValue } from "./database/row-types.ts";
import type { Table } from "./database/tables.ts";

/**
 * The database behind a scope, with every organization's rows. Only roll-ups may import this: they write their own
 * tables.
 */
export let unscopedDatabase: (tenant: TenantScope) => Database;

/** A query that is built once for each shape, from placeholders instead of its values. */
export type PreparedQuery = {
  /** What its SQL depends on besides the number of its values. */
  shape: string;
  values: StoredValue[];
  build: (tenant: TenantScope, values: StoredValue[]) => Knex.QueryBuilder;
};

/** One organization's view of the tables: a report reads no other way. */
export class TenantScope {
  readonly organization_id: string;
  readonly #database: Database;

  static {
    unscopedDatabase = (tenant) => tenant.#database;
  }

  constructor(database: Database, organization_id: string) {
    this.#database = database;
    this.organization_id = organization_id;
  }

  /**
   * Queries this organization's rows of a table, as a derived table: an `.orWhere()` would bypass a plain condition.
   */
  from(table: Table): Knex.QueryBuilder<StoredRow, StoredRow[]> {
    const own =
      derivedTables[table]?.(this.#database, this.organization_id) ??
      this.#database(table).where({ organization_id: this.organization_id });
    return this.#database.from(own.as(table));
  }

  /** A query of this organization's rows, with the SQL that `templates` has of its shape. */
  prepare(templates: SqlTemplates, { shape, values, build }: PreparedQuery): Knex.Raw {
    const dialect = isPostgres(this.#database) ? "postgres" : "sqlite";
    const { sql, bindings } = templates.bind(
      `${dialect} ${shape}`,
      [this.organization_id, ...values],
      ([organization_id, ...placeholders]) =>
        build(new TenantScope(this.#database, String(organization_id)), placeholders),
    );
    return this.#database.raw(sql, bindings);
  }
}
