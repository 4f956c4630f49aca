import "./node-version.ts";
import { Refusal } from "@moja/contracts";
import { Command } from "commander";
import { SettingsError, settingsTable } from "./environment.ts";
import { dataCommands } from "./operate/data.ts";
import { keyCommands } from "./operate/keys.ts";
import { organizationCommands } from "./operate/organizations.ts";

const examples = `
Examples:
  npm run -s operate -- organization create org_acme --name "Acme" --plan premium
  npm run -s operate -- key create --organization org_acme --name "BI export" > acme.key
  npm run -s operate -- key create --service --name "Call producer" --expires 2027-12-31
  npm run -s operate -- retain --days 400 --yes

Exit codes: 0 done, 1 it did not work, 2 it was not asked for in the right way.`;

/** The operator's commands: organizations, keys, and what is in the database. */
const program = new Command("operate").description("Operator's commands. They work on DATABASE_URL.").showHelpAfterError("(add --help for what it takes)").addHelpText("after", examples);
program.exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));
organizationCommands(program);
keyCommands(program);
dataCommands(program);
program.command("settings").description("print every setting").action(() => console.log(settingsTable()));

program.parseAsync().catch((error: unknown) => {
  console.error(inOneLine(error));
  process.exitCode = 1;
});

/** What went wrong, for people. An error of several addresses (PostgreSQL behind a name) has no message of its own. */
function inOneLine(error: unknown): string {
  if (error instanceof Refusal || error instanceof SettingsError) return error.message;
  const [first] = error instanceof AggregateError ? (error.errors as unknown[]) : [error];
  const message = first instanceof Error ? first.message : String(first);
  return `It did not work: ${message.split("\n", 1)[0]}`;
}
