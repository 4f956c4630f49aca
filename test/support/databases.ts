import { randomBytes } from "node:crypto";
import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import pg from "pg";
import { inject } from "vitest";
import { isSqliteOnly } from "./sqlite-only.ts";

/** A fresh database that is gone when it is disposed. */
export type TestDatabase = AsyncDisposable & { url: string };

/** Whether it has all tables already, as a copy of the run's template, or is empty, which is the default. */
export type Freshness = { migrated?: boolean };

const both = [
  { name: "SQLite", create: createSqlite },
  { name: "PostgreSQL", create: (freshness?: Freshness) => createPostgres({ ...freshness }) },
] as const;

/**
 * The databases that tests run on, for `describe.each(databases)`; with `TEST_DATABASES=sqlite` only the first,
 * though both are typed.
 */
export const databases = (isSqliteOnly() ? both.slice(0, 1) : both) as typeof both;

async function createSqlite({ migrated = false }: Freshness = {}): Promise<TestDatabase> {
  const folder = await mkdtemp(join(inject("tests_folder"), "sqlite-"));
  const file = join(folder, "moja.sqlite");
  if (migrated) await copyFile(inject("sqlite_template"), file);
  return {
    url: `sqlite:${file}`,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

/** A PostgreSQL that gives no order by chance: texts are ordered as a language does, and rows come as they lie. */
export const unorderedPostgres = {
  name: "PostgreSQL with English collation and without index scans",
  create: async () => {
    const database = await createPostgres({ options: "locale_provider icu icu_locale 'en-US'" });
    const name = new URL(database.url).pathname.slice(1);
    for (const scan of ["indexscan", "indexonlyscan", "bitmapscan"])
      await onServer(`alter database ${name} set enable_${scan} = off`);
    return database;
  },
} as const;

async function createPostgres({
  migrated = false,
  options = "",
}: Freshness & { options?: string }): Promise<TestDatabase> {
  const name = `moja_test_${randomBytes(6).toString("hex")}`;
  // Nobody is ever connected to these templates, so creations in parallel do not disturb each other; `strategy
  // file_copy` is slower.
  await onServer(`create database ${name} template ${migrated ? inject("postgres_template") : "template0"} ${options}`);
  const url = new URL(inject("postgres_url"));
  url.pathname = `/${name}`;
  return { url: url.href, [Symbol.asyncDispose]: () => onServer(`drop database ${name} with (force)`) };
}

async function onServer(sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: inject("postgres_url") });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
