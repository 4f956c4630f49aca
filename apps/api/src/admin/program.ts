import { Command } from "commander";
import { addCaller } from "./caller.ts";
import { addDemo } from "./demo.ts";
import { addInit } from "./init.ts";
import { addKey } from "./key.ts";
import { addMigrate } from "./migrate.ts";
import { addOrganization } from "./organization.ts";
import { addPurge } from "./purge.ts";
import { addSettings } from "./settings.ts";

/** The operator's command line. */
export const program = new Command("admin")
  .description("Operator's commands. They work on DATABASE_URL.")
  .showHelpAfterError("(add --help for what it takes)");
program.exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));

for (const add of [addInit, addOrganization, addKey, addMigrate, addDemo, addPurge, addCaller, addSettings])
  add(program);

program.addHelpText(
  "after",
  `
Examples:
  npm run -s admin -- init
  npm run -s admin -- organization create org_acme --name "Acme" --plan premium
  npm run -s admin -- key create --organization org_acme --name "BI export" > acme.key
  npm run -s admin -- purge --days 400 --yes
  npm run -s admin -- caller erase +13105550142 --organization org_acme --yes`,
);
