import { workerData } from "node:worker_threads";
import BetterSqlite3 from "better-sqlite3";
import { readerPragmas } from "./pragmas.ts";
import { cacheStatements } from "./statement-cache.ts";

const [, { url }]: [unknown, { url: string }] = workerData;
const connection = new BetterSqlite3(url.slice("sqlite:".length));
for (const pragma of readerPragmas) connection.pragma(pragma);
cacheStatements(connection);

/** Runs a query, as a task of the read pool. An error's code travels as its cause, which structured cloning keeps. */
export default ({ sql, bindings }: { sql: string; bindings: unknown[] }): unknown[] => {
  try {
    return connection.prepare(sql).all(bindings);
  } catch (error) {
    throw error instanceof BetterSqlite3.SqliteError ? new Error(error.message, { cause: error.code }) : error;
  }
};
