import { statSync } from "node:fs";
import type BetterSqlite3 from "better-sqlite3";

/**
 * Which file a path leads to: another one after it was deleted, replaced or its volume unmounted, and none after it was
 * cut to nothing.
 */
export function fileIdentity(path: string): string | undefined {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat && stat.size > 0 ? `${stat.dev}:${stat.ino}` : undefined;
}

const openedFiles = new WeakMap<BetterSqlite3.Database, string | undefined>();

/** Remembers which file a connection has opened. */
export function rememberFile(connection: BetterSqlite3.Database): void {
  openedFiles.set(connection, fileIdentity(connection.name));
}

/** Which file a connection has opened. */
export function openedFile(connection: BetterSqlite3.Database): string | undefined {
  return openedFiles.get(connection);
}
