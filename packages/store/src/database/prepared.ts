import { hash } from "node:crypto";
import type { Knex } from "knex";
import { isPostgres } from "./dialect.ts";
import type { StoredRow, StoredValue } from "./row-types.ts";
import { idleConnection } from "./sqlite/idle-connection.ts";

/** The rows of a query, also of one whose SQL was given: PostgreSQL then answers with more than them. */
export async function rowsOf(query: Knex.QueryBuilder | Knex.Raw): Promise<StoredRow[]> {
  const result: StoredRow[] | { rows: StoredRow[] } = await query;
  return "rows" in result ? result.rows : result;
}

/** SQL with its bindings, of which PostgreSQL prepares one with a name once on each connection. */
export type BoundSql = { sql: string; bindings: readonly Knex.Value[]; name?: string };

/**
 * Reads by SQL that is made already. SQLite is asked without Knex's queue for the connection, which takes as long as
 * finding a row by its key.
 */
export async function readBound(database: Knex, { sql, bindings, name }: BoundSql): Promise<StoredRow[]> {
  const connection = idleConnection(database);
  if (connection) return connection.read(sql, bindings);
  const query = database.raw(sql, bindings);
  return rowsOf(name !== undefined && isPostgres(database) ? query.options({ name }) : query);
}

/** SQL of one shape, and the bindings of it for the values of a request. */
type Template = { sql: string; name?: string; bind: (values: readonly StoredValue[]) => Knex.Value[] };

/** How many shapes of a query are kept. */
const shapesMax = 200;

/**
 * How many shapes of a query PostgreSQL prepares, the first ones: a connection keeps what it has prepared for as long as
 * it lives.
 */
const namedShapesMax = 40;

/**
 * The SQL of a query for each of its shapes, such as the filters in use. Knex takes longer to build a page's SQL than
 * SQLite takes to find its rows.
 */
export class SqlTemplates {
  readonly #templates = new Map<string, Template>();
  #named = 0;

  /**
   * The SQL of a shape with the bindings of a request. `build` makes the query when the shape is new. It sees
   * placeholders instead of values, and null for null, so that the SQL cannot depend on anything but the shape.
   */
  bind(
    shape: string,
    values: readonly StoredValue[],
    build: (placeholders: StoredValue[]) => Knex.QueryBuilder,
  ): BoundSql {
    const key = `${shape} ${values.map((value) => (value === null ? "0" : "1")).join("")}`;
    const { bind, ...template } = this.#templates.get(key) ?? this.#add(key, createTemplate(values, build));
    return { ...template, bindings: bind(values) };
  }

  #add(key: string, { sql, bind }: Template): Template {
    const isNamed = ++this.#named <= namedShapesMax;
    const template = { sql, bind, ...(isNamed && { name: `moja_${hash("sha256", sql, "hex").slice(0, 32)}` }) };
    this.#templates.set(key, template);
    const oldest = this.#templates.keys().next().value;
    if (this.#templates.size > shapesMax && oldest !== undefined) this.#templates.delete(oldest);
    return template;
  }
}

function createTemplate(
  values: readonly StoredValue[],
  build: (placeholders: StoredValue[]) => Knex.QueryBuilder,
): Template {
  const placeholders = values.map((value, index) => (value === null ? null : `:placeholder ${index}`));
  const { sql, bindings } = build(placeholders).toSQL();
  const places = bindings.map((binding) => ({
    binding,
    index: placeholders.findIndex((each) => each !== null && each === binding),
  }));
  return {
    sql,
    bind: (given) => places.map(({ binding, index }) => (index < 0 ? binding : (given[index] ?? null))),
  };
}
