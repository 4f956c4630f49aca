import { connect, migrate, rejectNoDatabase, unlockMigrations } from "@moja/store";
import type { Command } from "commander";
import { readSettings } from "../config.ts";
import { sayThatItWaits } from "./with-database.ts";

/** Adds the command that migrates the database. It connects by itself, because opening a database would migrate it. */
export function addMigrate(program: Command): void {
  program
    .command("migrate")
    .description("bring the tables up to date; the server does so too when it starts")
    .option("--unlock", "first free the lock of a process that died while it migrated")
    .action(async ({ unlock }: { unlock?: boolean }) => {
      const database = connect(readSettings(process.env).DATABASE_URL);
      try {
        await rejectNoDatabase(database);
        if (unlock) await unlockMigrations(database);
        const ran = await migrate(database, sayThatItWaits);
        console.error(ran.length > 0 ? `Ran ${ran.join(", ")}.` : "Up to date.");
      } finally {
        await database.destroy();
      }
    });
}
