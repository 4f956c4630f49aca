import { purge } from "@moja/store";
import type { Command } from "commander";
import { printTable } from "./print-table.ts";
import { asCount, formatTime } from "./values.ts";
import { withDatabase } from "./with-database.ts";

const dayMs = 24 * 60 * 60 * 1000;

/** Adds the command that deletes old records. Without `--yes` it says what it would delete, and exits with 2. */
export function addPurge(program: Command): void {
  program
    .command("purge")
    .description("delete what is older than so many days, in every organization")
    .requiredOption("--days <number>", "how many days are kept", asCount)
    .option("--yes", "really delete")
    .action(
      withDatabase(async (database, { days, yes }: { days: number; yes?: boolean }) => {
        const before = Date.now() - days * dayMs;
        if (yes) {
          printTable(Object.entries(await purge(database, before)).map(([table, rows]) => ({ table, rows })));
          return;
        }
        console.error(`This deletes every record from before ${formatTime(before)}, for good. Add --yes to do it.`);
        process.exitCode = 2;
      }),
    );
}
