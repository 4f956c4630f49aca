import BetterSqlite3 from "better-sqlite3";
import { toTransferableError } from "../outages.ts";
import { endWithParent } from "../worker-process.ts";
import { readerPragmas } from "./pragmas.ts";
import type { ReadTask } from "./read-pool.ts";
import { cacheStatements } from "./statement-cache.ts";

endWithParent();

let connection: BetterSqlite3.Database | undefined;

function open(path: string): BetterSqlite3.Database {
  const opened = new BetterSqlite3(path, { fileMustExist: true });
  for (const pragma of readerPragmas) opened.pragma(pragma);
  cacheStatements(opened);
  return opened;
}

/** Runs a query, as a task of the read pool. */
export default ({ url, sql, bindings }: ReadTask): unknown[] => {
  try {
    connection ??= open(url.slice("sqlite:".length));
    return connection.prepare(sql).all(bindings);
  } catch (error) {
    throw toTransferableError(error);
  }
};
