import { Refusal, scopes, type Scope } from "@moja/contracts";
import { createKey, findOrganization, listKeys, revokeKey } from "@moja/store";
import { Option, type Command } from "commander";
import { asId, asMoment, moment, withDatabase } from "./support.ts";

const readingScopes = ["reports:read", "pii:read"] as const;
const whose = () => new Option("--organization <id>", "the organization that the key reads").argParser(asId).conflicts("service");

type NewKeyOptions = { name: string; organization?: string; service?: boolean; scope?: Scope[]; expires?: number };

/** `key`: API keys, shown once and kept as hashes. */
export function keyCommands(program: Command): void {
  const key = program.command("key").description("API keys: shown once, kept as hashes");
  const create = key
    .command("create")
    .description("make a key; it is the only line on stdout, and is never shown again")
    .requiredOption("--name <name>", "what it is for")
    .addOption(whose())
    .option("--service", "a service key for internal producers: it names its organization in X-Organization-Id")
    .addOption(new Option("--scope <scope...>", `what it may do (default: ${readingScopes.join(" ")}, and ingest:write for a service key)`).choices(scopes))
    .option("--expires <date>", "when it stops working, like 2027-01-31 or 2027-01-31T12:00:00Z", asMoment)
    .addHelpText("after", '\nExamples:\n  npm run -s operate -- key create --organization org_acme --name "BI export"\n  npm run -s operate -- key create --organization org_acme --name "Dashboard" --scope reports:read --expires 2027-12-31\n  npm run -s operate -- key create --service --name "Call producer"')
    .hook("preAction", (command) => {
      const { organization, service, scope } = command.opts<NewKeyOptions>();
      if (!organization && !service) command.error("error: say either --organization <id> or --service", { exitCode: 2 });
      if (organization && scope?.includes("ingest:write")) command.error("error: the scope ingest:write is for service keys alone", { exitCode: 2 });
    });
  create.action(withDatabase(async (database, options: NewKeyOptions) => {
    const organization_id = options.organization ?? null;
    if (organization_id !== null && !(await findOrganization(database, organization_id))) throw new Refusal("not_found", `There is no organization ${organization_id}: make it first with operate organization create.`);
    const allowed = options.scope ?? (options.service ? scopes : readingScopes);
    const text = await createKey(database, { organization_id, name: options.name, scopes: [...new Set(allowed)], expires_at: options.expires ?? null });
    console.error(`The key for ${organization_id ?? "services"}, with ${allowed.join(" ")}. Keep it: it is not shown again.`);
    console.log(text);
  }));
  key
    .command("list")
    .description("list keys, without their secrets")
    .addOption(whose())
    .option("--service", "service keys alone")
    .action(withDatabase(async (database, options: { organization?: string; service?: boolean }) => {
      if (options.organization && !(await findOrganization(database, options.organization))) throw new Refusal("not_found", `There is no organization ${options.organization}.`);
      const keys = await listKeys(database, options.service ? null : options.organization);
      console.table(keys.map(({ created_at, expires_at, revoked_at, last_used_at, scopes: given, ...rest }) => ({ ...rest, scopes: given.join(" "), created_at: moment(created_at), expires_at: moment(expires_at), revoked_at: moment(revoked_at), last_used_at: moment(last_used_at) })));
    }));
  key
    .command("revoke")
    .description("stop a key for good, at once")
    .argument("<key id>", "the part between the first and the second _ of the key")
    .action(withDatabase(async (database, key_id: string) => {
      await revokeKey(database, key_id);
      console.error(`Revoked ${key_id}.`);
    }));
}
