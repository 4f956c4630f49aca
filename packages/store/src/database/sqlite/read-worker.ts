import { workerData } from "node:worker_threads";
import BetterSqlite3 from "better-sqlite3";
import { toTransferableError } from "../outages.ts";
import { readerPragmas } from "./pragmas.ts";
import { cacheStatements } from "./statement-cache.ts";

const [, { url }]: [unknown, { url: string }] = workerData;
const connection = new BetterSqlite3(url.slice("sqlite:".length));
for (const pragma of readerPragmas) connection.pragma(pragma);
cacheStatements(connection);

/** Runs a query, as a task of the read pool. */
export default ({ sql, bindings }: { sql: string; bindings: unknown[] }): unknown[] => {
  try {
    return connection.prepare(sql).all(bindings);
  } catch (error) {
    throw toTransferableError(error);
  }
};
