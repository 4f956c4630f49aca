import { planNames, type Plan } from "@moja/contracts";
import {
  createOrganization,
  listOrganizations,
  updateOrganization,
  type Database,
  type Organization,
} from "@moja/store";
import { Option, type Command } from "commander";
import { printTable } from "./print-table.ts";
import { asId, asName } from "./values.ts";
import { withDatabase } from "./with-database.ts";

type CreateOptions = { name: string; plan: Plan; apiAccess: boolean };
type SetOptions = { name?: string; plan?: Plan; apiAccess?: "on" | "off"; redact?: string[] | false };

/** Adds the commands that create, change and list organizations. */
export function addOrganization(program: Command): void {
  const organization = program
    .command("organization")
    .description("organizations: whose data it is, their plan and API access");
  organization
    .command("create")
    .description("make an organization")
    .argument("<id>", "its id", asId)
    .requiredOption("--name <name>", "its name", asName)
    .addOption(planOption().makeOptionMandatory())
    .option("--no-api-access", "leave API access off")
    .action(withDatabase(create));
  organization
    .command("set")
    .description("change an organization")
    .argument("<id>", "its id", asId)
    .option("--name <name>", "its name", asName)
    .addOption(planOption())
    .addOption(new Option("--api-access <state>", "switch API access").choices(["on", "off"]))
    .option(
      "--redact <name...>",
      "all the names (in the place of earlier ones) of headers, parameters and JSON members whose values are never " +
        "stored, besides the usual secrets; for records from now on",
    )
    .option("--no-redact", "the usual secrets alone")
    .action(withDatabase(set));
  organization
    .command("list")
    .description("list all organizations")
    .action(withDatabase(async (database) => print(await listOrganizations(database))));
}

function planOption(): Option {
  return new Option("--plan <plan>", "its plan; reporting is part of premium and enterprise").choices(planNames);
}

async function create(
  database: Database,
  organization_id: string,
  { name, plan, apiAccess }: CreateOptions,
): Promise<void> {
  const made = await createOrganization(database, { organization_id, name, plan, api_access: apiAccess });
  const next = `admin key create --organization ${made.organization_id} --name <name>`;
  console.error(`Made ${made.organization_id} (${made.plan}). Next: ${next}`);
}

async function set(
  database: Database,
  organization_id: string,
  { apiAccess, redact, ...change }: SetOptions,
): Promise<void> {
  const updated = await updateOrganization(database, organization_id, {
    ...change,
    ...(apiAccess && { api_access: apiAccess === "on" }),
    ...(redact !== undefined && { redacted_names: redact || [] }),
  });
  print([updated]);
}

function print(organizations: Organization[]): void {
  printTable(
    organizations.map(({ redacted_names, ...rest }) => ({ ...rest, redacted_names: redacted_names.join(" ") })),
  );
}
