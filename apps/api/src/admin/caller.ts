import { eraseCaller, type Database } from "@moja/store";
import type { Command } from "commander";
import { printTable } from "./print-table.ts";
import { asCallerNumber, asId } from "./values.ts";
import { withDatabase } from "./with-database.ts";

type EraseOptions = { organization: string; yes?: boolean };

/** Adds the command that erases a caller. Without `--yes` it says what it would erase, and exits with 2. */
export function addCaller(program: Command): void {
  program
    .command("caller")
    .description("callers: who asks to be forgotten")
    .command("erase")
    .description("take a caller's number, recordings and bodies out of all records of an organization")
    .argument("<number>", "the caller's number, like +13105550142", asCallerNumber)
    .requiredOption("--organization <id>", "whose caller it is", asId)
    .option("--yes", "really erase")
    .action(withDatabase(erase));
}

async function erase(database: Database, number: string, { organization, yes = false }: EraseOptions): Promise<void> {
  const changed = await eraseCaller(database, { organization_id: organization, number, apply: yes });
  printTable(Object.entries(changed).map(([table, rows]) => ({ table, rows })));
  const isNothing = Object.values(changed).every((rows) => rows === 0);
  if (isNothing) console.error(`There is nothing to erase: no row of ${organization} holds ${number}.`);
  if (yes) return;
  if (!isNothing) console.error(`This erases ${number} from so many rows of each table, for good. Add --yes to do it.`);
  process.exitCode = 2;
}
