import { isDeepStrictEqual } from "node:util";
import type { Database } from "@moja/store";

/** A stored row, as the database gives it. */
export type StoredRow = Record<string, any>;

/** The rows of tables, by the table's name. */
export type Dump = Record<string, StoredRow[]>;

/** Whether a database is SQLite; if not, it is PostgreSQL. */
export const isSqlite = (database: Database) => database.client.config.client === "better-sqlite3";

/** Every table with its columns, as the database itself lists them: a new table is in every law that begins here. */
export async function storedTables(database: Database): Promise<Map<string, string[]>> {
  const columns: { table: string; name: string }[] = isSqlite(database)
    ? await database.raw(
        `select t.name as "table", c.name from sqlite_schema t, pragma_table_info(t.name) c
         where t.type = 'table' and t.name not like 'sqlite\\_%' escape '\\' order by t.name, c.cid`,
      )
    : (
        await database.raw(
          `select table_name as "table", column_name as name from information_schema.columns
           where table_schema = current_schema() order by table_name, ordinal_position`,
        )
      ).rows;
  return new Map(
    [...Map.groupBy(columns, ({ table }) => table)].map(([table, all]) => [table, all.map(({ name }) => name)]),
  );
}

/** All rows of the given tables, or those that match, in one order whatever the database's. */
export async function dumpOf(database: Database, tables: Iterable<string>, where: StoredRow = {}): Promise<Dump> {
  const dump: Dump = {};
  for (const table of tables) dump[table] = inOneOrder((await database(table).where(where)) as StoredRow[]);
  return dump;
}

/** Rows in the order of their text. */
export function inOneOrder(rows: StoredRow[]): StoredRow[] {
  const texts = rows.map((row) => ({ row, text: JSON.stringify(row) }));
  return texts.sort((a, b) => (a.text < b.text ? -1 : 1)).map(({ row }) => row);
}

/** The tables whose rows differ between two dumps. */
export function changedTables(before: Dump, after: Dump): string[] {
  return Object.keys(before).filter((table) => !isDeepStrictEqual(before[table], after[table]));
}
