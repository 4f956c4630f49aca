import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import type BetterSqlite3 from "better-sqlite3";
import createKnex from "knex";
import { quiet, type Database } from "../dialect.ts";
import { pragmas, slimPragmas } from "./pragmas.ts";
import { keepStatements } from "./statement-cache.ts";

export function connectSqlite(path: string, slim: boolean): Database {
  mkdirSync(dirname(path), { recursive: true });
  return createKnex({
    client: "better-sqlite3",
    connection: { filename: path },
    useNullAsDefault: true,
    log: quiet,
    // The message of an error would hold the values of its query, and is logged.
    compileSqlOnError: false,
    pool: {
      min: 1,
      max: 1,
      afterCreate: (
        connection: BetterSqlite3.Database,
        done: (error: Error | null, connection: BetterSqlite3.Database) => void,
      ) => {
        for (const pragma of slim ? slimPragmas : pragmas) connection.pragma(pragma);
        keepStatements(connection);
        done(null, connection);
      },
    },
  });
}
