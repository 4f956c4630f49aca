import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import pg from "pg";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    /** A SQLite file with all tables. */
    sqlite_template: string;
    /** The name of a PostgreSQL database with all tables; empty where nothing is tested on PostgreSQL. */
    postgres_template: string;
  }
}

const admin = fileURLToPath(new URL("../../apps/api/src/admin/main.ts", import.meta.url));

/** Migrates one database of each kind for the run: tests copy it, which takes a fraction of migrating their own. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { postgres_url, tests_folder } = project.getProvidedContext();
  const file = join(tests_folder, "template.sqlite");
  const name = `moja_template_${randomBytes(6).toString("hex")}`;
  const url = postgres_url && Object.assign(new URL(postgres_url), { pathname: `/${name}` }).href;
  const onServer = (...statements: string[]) => (url ? execute(postgres_url, statements) : undefined);
  await Promise.all([
    migrate(`sqlite:${file}`),
    url && onServer(`create database ${name} template template0`)?.then(() => migrate(url)),
  ]);
  // While somebody is connected to a database, it cannot be copied.
  await onServer(`alter database ${name} allow_connections false`);
  project.provide("sqlite_template", file);
  project.provide("postgres_template", url && name);
  return async () => onServer(`drop database ${name} with (force)`);
}

async function migrate(DATABASE_URL: string): Promise<void> {
  const env = { PATH: process.env["PATH"], LOG_LEVEL: "silent", DATABASE_URL };
  await promisify(execFile)(process.execPath, ["--conditions=moja-source", admin, "init"], { env });
}

async function execute(connectionString: string, statements: string[]): Promise<void> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}
