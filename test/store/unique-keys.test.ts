import { readFile } from "node:fs/promises";
import { isPostgres, openDatabase, type Database } from "@moja/store";
import { describe, expect, test } from "vitest";
import { databases } from "../support/databases.ts";

/** The unique keys that contain no organization, each with what spares it. */
const withoutOrganization: Record<string, string> = {
  "api_keys (key_id)": "a key is looked up before its organization is known: a small table, whole on each server",
};

type Key = { table: string; columns: string };

const onPostgres = `
  select relation.relname as table, (
    select string_agg(attname, ', ' order by position)
    from unnest(index.indkey) with ordinality as key (number, position)
    join pg_attribute on attrelid = relation.oid and attnum = number
  ) as columns
  from pg_index as index join pg_class as relation on relation.oid = index.indrelid
  where index.indisunique and relation.relnamespace = 'public'::regnamespace`;

const onSqlite = `
  select tables.name as "table", (
    select group_concat(name, ', ') from (select name from pragma_index_info(keys.name) order by seqno)
  ) as columns
  from sqlite_master as tables join pragma_index_list(tables.name) as keys
  where tables.type = 'table' and keys."unique" = 1`;

async function uniqueKeys(database: Database): Promise<Key[]> {
  const found: Key[] | { rows: Key[] } = await database.raw(isPostgres(database) ? onPostgres : onSqlite);
  return ("rows" in found ? found.rows : found).filter(({ table }) => !/^(knex|sqlite)_/.test(table));
}

test("docs/scale.md says of each table how it is distributed", async () => {
  await using fresh = await databases[0].create({ migrated: true });
  const database = await openDatabase(fresh.url);
  const tables: string[] = await database("sqlite_master").where({ type: "table" }).pluck("name");
  await database.destroy();
  const text = await readFile(new URL("../../docs/scale.md", import.meta.url), "utf8");
  const [, rows = ""] = /\| Tables \| Kind \|\n.*\n((?:\|.*\n)+)/.exec(text) ?? [];
  const named = [...rows.matchAll(/`([a-z_]+)`(?=.*\|.*\|)/g)].map(([, name]) => name);
  // The server makes the table of counts when it first counts.
  expect(named.filter((name) => name !== "organization_id").toSorted()).toStrictEqual(
    [...tables.filter((name) => !name.startsWith("sqlite_")), "request_counts"].toSorted(),
  );
});

describe.each(databases)("on $name", ({ create }) => {
  test("every unique key contains the organization, so that tables can be distributed by it", async () => {
    await using fresh = await create({ migrated: true });
    const database = await openDatabase(fresh.url);
    const keys = await uniqueKeys(database);
    await database.destroy();
    expect(keys.length).toBeGreaterThan(10);
    const others = keys.filter(({ columns }) => !columns.split(", ").includes("organization_id"));
    expect(others.map(({ table, columns }) => `${table} (${columns})`)).toStrictEqual(Object.keys(withoutOrganization));
  });
});
