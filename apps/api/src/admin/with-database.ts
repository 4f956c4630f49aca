import { openDatabase, type Database } from "@moja/store";
import { readSettings } from "../config.ts";

/** Wraps a command's action: opens the database, passes it on, and closes it in the end. */
export function withDatabase<Args extends unknown[]>(run: (database: Database, ...args: Args) => Promise<void>) {
  return async (...args: Args) => {
    const database = await openDatabase(readSettings(process.env).DATABASE_URL);
    try {
      await run(database, ...args);
    } finally {
      await database.destroy();
    }
  };
}
