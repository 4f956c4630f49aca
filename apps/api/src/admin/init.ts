import { openDatabase, rejectEmptyFile } from "@moja/store";
import type { Command } from "commander";
import { readSettings, withoutPassword } from "../config.ts";
import { sayThatItWaits } from "./with-database.ts";

/** Adds the command that makes the database: the server and the other commands open only one that is there. */
export function addInit(program: Command): void {
  program
    .command("init")
    .description("make the database of DATABASE_URL: its file and its tables; one that is there stays as it is")
    .action(async () => {
      const { DATABASE_URL } = readSettings(process.env);
      if (DATABASE_URL.startsWith("sqlite:")) rejectEmptyFile(DATABASE_URL.slice("sqlite:".length));
      await (await openDatabase(DATABASE_URL, {}, sayThatItWaits)).destroy();
      console.error(
        `${withoutPassword(DATABASE_URL)} is ready. Next: admin organization create <id> --name <name> --plan <plan>`,
      );
    });
}
