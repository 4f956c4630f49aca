import { planNames, type Plan } from "@moja/contracts";
import { createOrganization, listOrganizations, setOrganization } from "@moja/store";
import { Option, type Command } from "commander";
import { asId, withDatabase } from "./support.ts";

const plan = () => new Option("--plan <plan>", "its plan; reporting is part of premium and enterprise").choices(planNames);

/** `organization`: whose data it is, its plan and its API access. */
export function organizationCommands(program: Command): void {
  const organization = program.command("organization").description("organizations: whose data it is, their plan and API access");
  organization
    .command("create")
    .description("make an organization")
    .argument("<id>", "its id", asId)
    .requiredOption("--name <name>", "its name")
    .addOption(plan().makeOptionMandatory())
    .option("--no-api-access", "leave API access off")
    .addHelpText("after", '\nExample:\n  npm run -s operate -- organization create org_acme --name "Acme" --plan premium')
    .action(withDatabase(async (database, organization_id: string, options: { name: string; plan: Plan; apiAccess: boolean }) => {
      const made = await createOrganization(database, { organization_id, name: options.name, plan: options.plan, api_access: options.apiAccess });
      console.error(`Made ${made.organization_id} (${made.plan}). Next: operate key create --organization ${made.organization_id} --name <name>`);
    }));
  organization
    .command("set")
    .description("change an organization; what is left out stays as it is")
    .argument("<id>", "its id", asId)
    .option("--name <name>", "its name")
    .addOption(plan())
    .addOption(new Option("--api-access <state>", "switch API access").choices(["on", "off"]))
    .addHelpText("after", "\nExample:\n  npm run -s operate -- organization set org_acme --plan enterprise --api-access off")
    .action(withDatabase(async (database, organization_id: string, { apiAccess, ...change }: { name?: string; plan?: Plan; apiAccess?: "on" | "off" }) => {
      console.table([await setOrganization(database, organization_id, { ...change, ...(apiAccess && { api_access: apiAccess === "on" }) })]);
    }));
  organization.command("list").description("list all organizations").action(withDatabase(async (database) => console.table(await listOrganizations(database))));
}
