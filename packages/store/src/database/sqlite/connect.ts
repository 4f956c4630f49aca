import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import type BetterSqlite3 from "better-sqlite3";
import createKnex from "knex";
import { clientOf, silentLogger, type Database } from "../dialect.ts";
import { rememberConnection } from "./idle-connection.ts";
import { lowMemoryPragmas, pragmas } from "./pragmas.ts";
import { cacheStatements } from "./statement-cache.ts";

/** Opens a SQLite file, and creates its directory. Its one connection is shared by all requests. */
export function connectSqlite(path: string, lowMemory: boolean): Database {
  mkdirSync(dirname(path), { recursive: true });
  const database = createKnex({
    client: "better-sqlite3",
    connection: { filename: path },
    useNullAsDefault: true,
    log: silentLogger,
    // Error messages are logged: they must not contain a query's values.
    compileSqlOnError: false,
    pool: {
      min: 1,
      max: 1,
      afterCreate: (
        connection: BetterSqlite3.Database,
        done: (error: Error | null, connection: BetterSqlite3.Database) => void,
      ) => {
        for (const pragma of lowMemory ? lowMemoryPragmas : pragmas) connection.pragma(pragma);
        cacheStatements(connection);
        rememberConnection(clientOf(database), connection);
        done(null, connection);
      },
    },
  });
  return database;
}
