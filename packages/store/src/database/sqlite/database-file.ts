import { existsSync, mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { ApiError } from "@moja/contracts";
import BetterSqlite3 from "better-sqlite3";

const make = "Make one with `npm run admin -- init`, or correct DATABASE_URL.";
const restore =
  "Restore a backup; or, where nothing was in it, move it away and make a new one with `npm run admin -- init`.";

/** Makes a SQLite file and its folder, unless the file is there. It is never empty, as one is that was cut. */
export function makeFile(path: string): void {
  if (existsSync(path)) return;
  mkdirSync(dirname(path), { recursive: true });
  const connection = new BetterSqlite3(path);
  try {
    connection.pragma("journal_mode = WAL");
  } finally {
    connection.close();
  }
}

/** Throws `unavailable` for a file that is empty. A sound database never is: it has lost what was in it. */
export function rejectEmptyFile(path: string): void {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat?.isFile() && stat.size === 0) throw new ApiError("unavailable", `The file ${path} is empty. ${restore}`);
}

/** Throws `unavailable` where a path does not lead to a SQLite file with tables. It changes nothing. */
export function rejectNoFile(path: string): void {
  if (!existsSync(path)) throw new ApiError("unavailable", `There is no database at ${path}. ${make}`);
  rejectEmptyFile(path);
  if (!hasTables(path)) throw new ApiError("unavailable", `The database ${path} has no tables. ${make}`);
}

function hasTables(path: string): boolean {
  const connection = new BetterSqlite3(path, { readonly: true, fileMustExist: true });
  try {
    return connection.prepare("select 1 from sqlite_schema where name = 'knex_migrations'").get() !== undefined;
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "SQLITE_NOTADB")) throw error;
    throw new ApiError("unavailable", `The file ${path} is not a SQLite database. ${restore}`);
  } finally {
    connection.close();
  }
}
