import { ApiError, scopes, type Scope } from "@moja/contracts";
import { createKey, findOrganization, listKeys, revokeKey, type Database } from "@moja/store";
import { Option, type Command } from "commander";
import { printTable } from "./print-table.ts";
import { asFutureTime, asId, asName, formatTime } from "./values.ts";
import { withDatabase } from "./with-database.ts";

type CreateOptions = { name: string; organization?: string; service?: boolean; scope?: Scope[]; expires?: number };
type ListOptions = { organization?: string; service?: boolean };

/** Adds the commands that create, list and revoke API keys. */
export function addKey(program: Command): void {
  const key = program.command("key").description("API keys: shown once, kept as hashes");
  key
    .command("create")
    .description("make a key; it is the only line on stdout, and is never shown again")
    .requiredOption("--name <name>", "what it is for", asName)
    .option("--organization <id>", "the organization that it reads", asId)
    .option("--service", "a service key for internal producers: it names its organization in X-Organization-Id")
    .addOption(
      new Option(
        "--scope <scope...>",
        "what it may do (default: reports:read pii:read, and for a service key ingest:write too)",
      ).choices(scopes),
    )
    .option("--expires <date>", "when it stops working, like 2027-01-31 or 2027-01-31T12:00:00Z", asFutureTime)
    .action(withDatabase(create));
  key
    .command("list")
    .description("list keys, without their secrets")
    .option("--organization <id>", "of one organization", asId)
    .option("--service", "service keys alone")
    .action(withDatabase(list));
  key
    .command("revoke")
    .description("stop a key for good, at once")
    .argument("<key>", "the key, or its id: the part between the first and the second _")
    .action(
      withDatabase(async (database, keyOrId: string) => {
        console.error(`Revoked ${await revokeKey(database, keyOrId)}.`);
      }),
    );
}

async function create(database: Database, { name, organization, service, scope, expires }: CreateOptions) {
  if ((organization === undefined) === !service)
    throw new ApiError("invalid_request", "Say either --organization <id> or --service.");
  if (organization !== undefined) await ensureExists(database, organization);
  const allowed = scope ?? (service ? scopes : (["reports:read", "pii:read"] as const));
  const key = await createKey(database, {
    organization_id: organization ?? null,
    name,
    scopes: allowed,
    expires_at: expires ?? null,
  });
  console.error(
    `The key for ${organization ?? "services"}, with ${allowed.join(" ")}. Keep it: it is not shown again.`,
  );
  console.log(key);
}

async function list(database: Database, { organization, service }: ListOptions): Promise<void> {
  if (organization !== undefined) await ensureExists(database, organization);
  const keys = await listKeys(database, service ? null : organization);
  printTable(
    keys.map(({ created_at, expires_at, revoked_at, last_used_at, scopes: allowed, ...rest }) => ({
      ...rest,
      scopes: allowed.join(" "),
      created_at: formatTime(created_at),
      expires_at: formatTime(expires_at),
      revoked_at: formatTime(revoked_at),
      last_used_at: formatTime(last_used_at),
    })),
  );
}

async function ensureExists(database: Database, organization_id: string): Promise<void> {
  if (!(await findOrganization(database, organization_id)))
    throw new ApiError(
      "not_found",
      `There is no organization ${organization_id}: make it first with admin organization create.`,
    );
}
