import BetterSqlite3 from "better-sqlite3";
import createKnex from "knex";
import { clientOf, silentLogger, type Database } from "../dialect.ts";
import { rememberFile } from "./file-identity.ts";
import { rememberConnection } from "./idle-connection.ts";
import { lowMemoryPragmas, pragmas } from "./pragmas.ts";
import { cacheStatements } from "./statement-cache.ts";

/** Opens a SQLite file that is there. Its one connection is shared by all requests. */
export function connectSqlite(path: string, lowMemory: boolean): Database {
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
        rememberFile(connection);
        done(null, connection);
      },
    },
  });
  // Knex's own would make a file where none is.
  clientOf(database).acquireRawConnection = async () => new BetterSqlite3(path, { fileMustExist: true });
  return database;
}
