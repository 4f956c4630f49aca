import { access, constants, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import BetterSqlite3 from "better-sqlite3";
import type { Probe } from "../probe.ts";
import { fileIdentity } from "./file-identity.ts";

/** How long a lock of another process is waited for: everything else waits as long, because SQLite's driver blocks. */
const lockTimeoutMs = 50;

/** The least space on the disk with which records are still written: enough for SQLite's log and a few batches. */
const freeBytesMin = 64 * 1024 * 1024;

/**
 * Looks at a SQLite file on a connection of its own, which follows the path as a new process would. It is not read any
 * other way: to close a file that SQLite has open in this process would free its locks.
 */
export function sqliteProbe(path: string): Probe {
  const opened = fileIdentity(path);
  return async () => {
    if (fileIdentity(path) !== opened) throw new Error("The file is not the one that was opened");
    const connection = new BetterSqlite3(path, { readonly: true, fileMustExist: true, timeout: lockTimeoutMs });
    try {
      const names = connection.prepare<[], string>("select name from sqlite_schema where type = 'table'").pluck().all();
      for (const name of names) connection.prepare(`select 1 from "${name}" limit 1`).get();
      const migrations = connection.prepare<[], string>("select name from knex_migrations").pluck().all();
      return { migrations, isWritable: await isWritable(path) };
    } finally {
      connection.close();
    }
  };
}

/** Whether the file and its folder, for the log, may be written and have space. */
async function isWritable(path: string): Promise<boolean> {
  const folder = dirname(path);
  const { bavail, bsize } = await statfs(folder);
  const mayWrite = Promise.all([access(path, constants.W_OK), access(folder, constants.W_OK)]);
  return (
    bavail * bsize >= freeBytesMin &&
    mayWrite.then(
      () => true,
      () => false,
    )
  );
}
