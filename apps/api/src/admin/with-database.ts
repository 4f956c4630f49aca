import { openDatabase, openExisting, type Database } from "@moja/store";
import { readSettings } from "../config.ts";

/**
 * Wraps a command's action: opens the database, passes it on, and closes it in the end. It must be there, unless the
 * command may `make` it.
 */
export function withDatabase<Args extends unknown[]>(
  run: (database: Database, ...args: Args) => Promise<void>,
  { make = false } = {},
) {
  return async (...args: Args) => {
    const open = make ? openDatabase : openExisting;
    const database = await open(readSettings(process.env).DATABASE_URL, {}, sayThatItWaits);
    try {
      await run(database, ...args);
    } finally {
      await database.destroy();
    }
  };
}

/** Says that a command waits for a lock, and for whose. */
export function sayThatItWaits(holder: string): void {
  console.error(`The database is locked: waiting for ${holder}.`);
}
