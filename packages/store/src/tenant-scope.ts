import type { Knex } from "knex";
import { derivedTables } from "./database/derived-tables.ts";
import { isPostgres, type Database } from "./database/dialect.ts";
import { inHeavyLane } from "./database/heavy-reads.ts";
import { KeyedHash } from "./database/keyed-hash.ts";
import { readBound, type BoundSql, type SqlTemplates } from "./database/prepared.ts";
import { primaryOf, readFrom } from "./database/read-source.ts";
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

/** What signs for each organization of a database; its secret never changes. */
const signers = new WeakMap<Database, Map<string, KeyedHash>>();

/** One organization's view of the tables: a report reads no other way. */
export class TenantScope {
  readonly organization_id: string;
  readonly #database: Database;
  readonly #signalOf: (() => AbortSignal | undefined) | undefined;

  static {
    unscopedDatabase = (tenant) => tenant.#database;
  }

  /** `signalOf` gives the signal that ends reading; it is asked only when reading may take long. */
  constructor(database: Database, organization_id: string, signalOf?: () => AbortSignal | undefined) {
    this.#database = database;
    this.organization_id = organization_id;
    this.#signalOf = signalOf;
  }

  /** Ends reading, when its caller has gone or its time is over. */
  get signal(): AbortSignal | undefined {
    return this.#signalOf?.();
  }

  /** Whether it reads from a replica. */
  get isOnReplica(): boolean {
    return primaryOf(this.#database) !== this.#database;
  }

  /** Reads from a replica that has replayed a place, where there is one, else from the primary. */
  readAfter<Result>(position: string | undefined, read: (tenant: TenantScope) => Promise<Result>): Promise<Result> {
    return readFrom(this.#database, { after: position, hasLeft: () => this.signal?.aborted === true }, (source) =>
      read(source === this.#database ? this : new TenantScope(source, this.organization_id, this.#signalOf)),
    );
  }

  /** Reads what may take long: in this organization's turn, and until the deadline of queries. */
  readHeavily<Result>(read: (tenant: TenantScope) => Promise<Result>): Promise<Result> {
    return inHeavyLane(this.#database, this, (signal) =>
      read(new TenantScope(this.#database, this.organization_id, () => signal)),
    );
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

  /** Reads this organization's rows by a query, with the SQL that `templates` has of its shape. */
  read(templates: SqlTemplates, query: PreparedQuery): Promise<StoredRow[]> {
    return readBound(this.#database, this.#bind(templates, query));
  }

  /** A query of this organization's rows, with the SQL that `templates` has of its shape. */
  prepare(templates: SqlTemplates, query: PreparedQuery): Knex.Raw {
    const { sql, bindings } = this.#bind(templates, query);
    return this.#database.raw(sql, bindings);
  }

  #bind(templates: SqlTemplates, { shape, values, build }: PreparedQuery): BoundSql {
    const dialect = isPostgres(this.#database) ? "postgres" : "sqlite";
    return templates.bind(
      `${dialect} ${shape}`,
      [this.organization_id, ...values],
      ([organization_id, ...placeholders]) =>
        build(new TenantScope(this.#database, String(organization_id)), placeholders),
    );
  }

  /** Signs a text by the organization's secret. */
  async sign(text: string): Promise<string> {
    const known = signers.get(this.#database) ?? new Map<string, KeyedHash>();
    signers.set(this.#database, known);
    const { organization_id } = this;
    const signer = known.get(organization_id) ?? (await this.#signer());
    known.set(organization_id, signer);
    return signer.signature(text);
  }

  async #signer(): Promise<KeyedHash> {
    const { organization_id } = this;
    const stored: { hash_secret: string } | undefined = await this.#database("organizations")
      .select("hash_secret")
      .where({ organization_id })
      .first();
    if (!stored) throw new Error(`There is no organization ${organization_id}`);
    return new KeyedHash(stored.hash_secret);
  }
}
