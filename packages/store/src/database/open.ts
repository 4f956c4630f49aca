import { ApiError } from "@moja/contracts";
import { connect } from "./connect.ts";
import { connectionUrl, isPostgres, type Database } from "./dialect.ts";
import { migrate, type OnWait } from "./migrate.ts";
import type { ReadLimits } from "./read-limits.ts";
import { makeFile, rejectNoFile } from "./sqlite/database-file.ts";

/**
 * Opens a database, makes it where there is none, and runs its pending migrations. Several processes may do so at once.
 */
export async function openDatabase(url: string, limits?: Partial<ReadLimits>, onWait?: OnWait): Promise<Database> {
  if (url.startsWith("sqlite:")) makeFile(url.slice("sqlite:".length));
  return withMigrations(connect(url, {}, limits), onWait);
}

/**
 * Opens a database that is there, and runs its pending migrations. Throws `unavailable` where there is none: a mistyped
 * setting or a volume that is not mounted must not start a service without its records.
 */
export async function openExisting(url: string, limits?: Partial<ReadLimits>, onWait?: OnWait): Promise<Database> {
  return withMigrations(connect(url, {}, limits), onWait, rejectNoDatabase);
}

async function withMigrations(
  database: Database,
  onWait: OnWait | undefined,
  check: (database: Database) => Promise<void> = () => Promise.resolve(),
): Promise<Database> {
  try {
    await check(database);
    await migrate(database, onWait);
    return database;
  } catch (error) {
    await database.destroy();
    throw error;
  }
}

/** Throws `unavailable` where a URL leads to no database of this server, and says what to do. */
export async function rejectNoDatabase(database: Database): Promise<void> {
  if (!isPostgres(database)) return rejectNoFile(connectionUrl(database).slice("sqlite:".length));
  const { rows }: { rows: { name: string | null }[] } = await database.raw(
    "select to_regclass('knex_migrations') as name",
  );
  if (!rows[0]?.name)
    throw new ApiError(
      "unavailable",
      "The PostgreSQL database of DATABASE_URL has no tables. Make them with `npm run admin -- init`, or correct the setting.",
    );
}
