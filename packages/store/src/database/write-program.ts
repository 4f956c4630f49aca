import type { StoredValue } from "./row-types.ts";

/** Rows that replace those with the same key. */
export type Replacement = {
  table: string;
  /** The columns of the table's key. */
  key: readonly string[];
  /** All columns, in the order of each row's values. */
  columns: readonly string[];
  rows: StoredValue[][];
};

/**
 * One step of a write program. `run` executes a statement; `open` starts a query of many rows, of which `fetch next` gives
 * more until none come. Each step gives its rows as arrays of values.
 */
export type WriteStep =
  | { run: string; bindings: StoredValue[] }
  | { open: string; bindings: StoredValue[] }
  | "fetch next"
  | { replace: Replacement };

/** The steps of a write program. */
export type WriteSteps<Result = void> = Generator<WriteStep, Result, StoredValue[][]>;

/**
 * A transaction in which each statement depends on the rows of those before. It is a generator because it runs where its
 * database is written: in SQLite's write worker, or over a connection to PostgreSQL.
 */
export type WriteProgram<Input> = {
  /** The URL of the module that exports this object as `program`: a worker has to import it by itself. */
  module: string;
  steps: (input: Input) => WriteSteps;
};

/** An upsert of rows that `source`, a `values` or `select` clause, gives in the order of the columns. */
export function replaceSql({ table, key, columns }: Omit<Replacement, "rows">, source: string): string {
  const changes = columns.filter((name) => !key.includes(name)).map((name) => `${name} = excluded.${name}`);
  return `insert into ${table} (${columns.join(", ")}) ${source}
    on conflict (${key.join(", ")}) do update set ${changes.join(", ")}`;
}

/** A `values` clause with a parameter per column. */
export function valuesSql(columns: readonly unknown[]): string {
  return `values (${columns.map(() => "?").join(", ")})`;
}
