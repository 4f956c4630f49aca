import { connect, migrate, retain, unlockMigrations, type Database } from "@moja/store";
import type { Command } from "commander";
import { writeDemo } from "../demo/demo.ts";
import { readSettings } from "../environment.ts";
import { progress } from "../progress.ts";
import { asCount, moment, withDatabase } from "./support.ts";

const dayMs = 24 * 60 * 60 * 1000;

/** `migrate`, `demo` and `retain`: what is in the database. */
export function dataCommands(program: Command): void {
  program
    .command("migrate")
    .description("bring the tables up to date; the server does so too when it starts")
    .option("--unlock", "first free the lock of a process that died while it migrated")
    .action(bringUpToDate);
  program
    .command("demo")
    .description("write the demo's organizations and calls; refused where real organizations are")
    .option("--calls <number>", "how many stories, most of them with a call", asCount, 2000)
    .addHelpText("after", "\nExample:\n  DATABASE_URL=sqlite:./data/big.sqlite npm run -s operate -- demo --calls 1000000")
    .action(withDatabase(async (database, { calls }: { calls: number }) => {
      const bar = progress(calls, "stories");
      await writeDemo(database, { calls, now: Date.now(), onProgress: bar.update }).finally(bar.stop);
      console.error(`Told ${calls} stories.`);
    }));
  program
    .command("retain")
    .description("delete what is older than so many days, in every organization")
    .requiredOption("--days <number>", "how many days are kept", asCount)
    .option("--yes", "really delete; without it, only count what would go")
    .addHelpText("after", "\nExample:\n  npm run -s operate -- retain --days 400 --yes")
    .action(withDatabase(async (database, { days, yes }: { days: number; yes?: boolean }) => {
      const before = Date.now() - days * dayMs;
      console.table(yes ? await retain(database, before) : await wouldGo(database, before));
      if (yes) return console.error(`Deleted what is older than ${moment(before)}.`);
      console.error(`This is what would go: every record from before ${moment(before)}, for good. Nothing is deleted. Add --yes to do it.`);
      process.exitCode = 2;
    }));
}

async function bringUpToDate({ unlock }: { unlock?: boolean }): Promise<void> {
  const database = connect(readSettings(process.env).DATABASE_URL);
  try {
    if (unlock) await unlockMigrations(database);
    const ran = await migrate(database);
    console.error(ran.length > 0 ? `Ran ${ran.join(", ")}.` : "Up to date.");
  } finally {
    await database.destroy();
  }
}

/** What a deletion would take, counted by doing it and taking it back: the same rule, so it cannot count anything else. */
async function wouldGo(database: Database, before: number): Promise<Record<string, number>> {
  const transaction = await database.transaction();
  try {
    return await retain(transaction, before);
  } finally {
    await transaction.rollback();
  }
}
