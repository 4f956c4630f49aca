import { ApiError, planNames, scopes, type Plan, type Scope } from "@moja/contracts";
import { writeDemo } from "@moja/demo";
import {
  connect,
  createKey,
  createOrganization,
  findOrganization,
  listKeys,
  listOrganizations,
  migrate,
  openDatabase,
  purge,
  revokeKey,
  unlockMigrations,
  updateOrganization,
  type Database,
  type Organization,
} from "@moja/store";
import { Command, InvalidArgumentError, Option } from "commander";
import { readSettings, settingsTable } from "../config.ts";
import { progressBar } from "../progress-bar.ts";

/** The commands of `admin`. */
export const program = new Command("admin")
  .description("Operator's commands. They work on DATABASE_URL.")
  .showHelpAfterError("(add --help for what it takes)");
program.exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));

/** Runs a command with the open database, and closes it. */
function withDatabase<Args extends unknown[]>(run: (database: Database, ...args: Args) => Promise<void>) {
  return async (...args: Args) => {
    const database = await openDatabase(readSettings(process.env).DATABASE_URL);
    try {
      await run(database, ...args);
    } finally {
      await database.destroy();
    }
  };
}

const plan = () =>
  new Option("--plan <plan>", "its plan; reporting is part of premium and enterprise").choices(planNames);
const organization = program
  .command("organization")
  .description("organizations: whose data it is, their plan and API access");
organization
  .command("create")
  .description("make an organization")
  .argument("<id>", "its id", asId)
  .requiredOption("--name <name>", "its name", asName)
  .addOption(plan().makeOptionMandatory())
  .option("--no-api-access", "leave API access off")
  .action(
    withDatabase(
      async (database, organization_id: string, options: { name: string; plan: Plan; apiAccess: boolean }) => {
        const made = await createOrganization(database, {
          organization_id,
          name: options.name,
          plan: options.plan,
          api_access: options.apiAccess,
        });
        console.error(
          `Made ${made.organization_id} (${made.plan}). Next: admin key create --organization ${made.organization_id} --name <name>`,
        );
      },
    ),
  );
organization
  .command("set")
  .description("change an organization")
  .argument("<id>", "its id", asId)
  .option("--name <name>", "its name", asName)
  .addOption(plan())
  .addOption(new Option("--api-access <state>", "switch API access").choices(["on", "off"]))
  .option(
    "--redact <name...>",
    "all the names (in the place of earlier ones) of headers, parameters and JSON members whose values are never stored, besides the usual secrets; for records from now on",
  )
  .option("--no-redact", "the usual secrets alone")
  .action(
    withDatabase(
      async (
        database,
        organization_id: string,
        {
          apiAccess,
          redact,
          ...change
        }: { name?: string; plan?: Plan; apiAccess?: "on" | "off"; redact?: string[] | false },
      ) => {
        shown([
          await updateOrganization(database, organization_id, {
            ...change,
            ...(apiAccess && { api_access: apiAccess === "on" }),
            ...(redact !== undefined && { redacted_names: redact || [] }),
          }),
        ]);
      },
    ),
  );
organization
  .command("list")
  .description("list all organizations")
  .action(withDatabase(async (database) => shown(await listOrganizations(database))));

function shown(organizations: Organization[]): void {
  console.table(
    organizations.map(({ redacted_names, ...rest }) => ({ ...rest, redacted_names: redacted_names.join(" ") })),
  );
}

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
  .option("--expires <date>", "when it stops working, like 2027-01-31 or 2027-01-31T12:00:00Z", asMoment)
  .action(
    withDatabase(
      async (
        database,
        options: { name: string; organization?: string; service?: boolean; scope?: Scope[]; expires?: number },
      ) => {
        if ((options.organization === undefined) === !options.service)
          throw new ApiError("invalid_request", "Say either --organization <id> or --service.");
        const organization_id = options.organization ?? null;
        if (organization_id !== null) await mustExist(database, organization_id);
        const allowed = options.scope ?? (options.service ? scopes : (["reports:read", "pii:read"] as const));
        const text = await createKey(database, {
          organization_id,
          name: options.name,
          scopes: allowed,
          expires_at: options.expires ?? null,
        });
        console.error(
          `The key for ${organization_id ?? "services"}, with ${allowed.join(" ")}. Keep it: it is not shown again.`,
        );
        console.log(text);
      },
    ),
  );
key
  .command("list")
  .description("list keys, without their secrets")
  .option("--organization <id>", "of one organization", asId)
  .option("--service", "service keys alone")
  .action(
    withDatabase(async (database, options: { organization?: string; service?: boolean }) => {
      if (options.organization !== undefined) await mustExist(database, options.organization);
      const keys = await listKeys(database, options.service ? null : options.organization);
      console.table(
        keys.map(({ created_at, expires_at, revoked_at, last_used_at, scopes: given, ...rest }) => ({
          ...rest,
          scopes: given.join(" "),
          created_at: moment(created_at),
          expires_at: moment(expires_at),
          revoked_at: moment(revoked_at),
          last_used_at: moment(last_used_at),
        })),
      );
    }),
  );
key
  .command("revoke")
  .description("stop a key for good, at once")
  .argument("<key>", "the key, or its id: the part between the first and the second _")
  .action(
    withDatabase(async (database, given: string) => {
      console.error(`Revoked ${await revokeKey(database, given)}.`);
    }),
  );

program
  .command("migrate")
  .description("bring the tables up to date; the server does so too when it starts")
  .option("--unlock", "first free the lock of a process that died while it migrated")
  .action(async ({ unlock }: { unlock?: boolean }) => {
    const database = connect(readSettings(process.env).DATABASE_URL);
    try {
      if (unlock) await unlockMigrations(database);
      const ran = await migrate(database);
      console.error(ran.length > 0 ? `Ran ${ran.join(", ")}.` : "Up to date.");
    } finally {
      await database.destroy();
    }
  });
program
  .command("demo")
  .description("write the demo's organizations and calls; refused where real organizations are")
  .option("--calls <number>", "how many stories", asCount, 2000)
  .action(
    withDatabase(async (database, { calls }: { calls: number }) => {
      const bar = progressBar(calls, "stories");
      await writeDemo(database, { calls, now: Date.now(), onProgress: bar.update }).finally(bar.stop);
      console.error(`Told ${calls} stories.`);
    }),
  );
program
  .command("purge")
  .description("delete what is older than so many days, in every organization")
  .requiredOption("--days <number>", "how many days are kept", asCount)
  .option("--yes", "really delete")
  .action(
    withDatabase(async (database, { days, yes }: { days: number; yes?: boolean }) => {
      const before = Date.now() - days * 24 * 60 * 60 * 1000;
      if (!yes) {
        console.error(`This deletes every record from before ${moment(before)}, for good. Add --yes to do it.`);
        process.exitCode = 2;
        return;
      }
      console.table(await purge(database, before));
    }),
  );
program
  .command("settings")
  .description("print every setting")
  .action(() => console.log(settingsTable()));
program.addHelpText(
  "after",
  `
Examples:
  npm run -s admin -- organization create org_acme --name "Acme" --plan premium
  npm run -s admin -- key create --organization org_acme --name "BI export" > acme.key
  npm run -s admin -- purge --days 400 --yes`,
);

function asId(text: string): string {
  if (!/^[A-Za-z0-9._~:-]{1,128}$/.test(text))
    throw new InvalidArgumentError("An id has 1-128 characters of A-Z a-z 0-9 . _ ~ : -");
  return text;
}

function asName(text: string): string {
  if (text.trim() === "") throw new InvalidArgumentError("It takes a name.");
  return text;
}

async function mustExist(database: Database, organization_id: string): Promise<void> {
  if (!(await findOrganization(database, organization_id)))
    throw new ApiError(
      "not_found",
      `There is no organization ${organization_id}: make it first with admin organization create.`,
    );
}

function asCount(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError("It takes a whole number from 1.");
  return Number(text);
}

function asMoment(text: string): number {
  const at = Date.parse(text);
  if (Number.isNaN(at)) throw new InvalidArgumentError("It takes a date, like 2027-01-31.");
  if (at <= Date.now()) throw new InvalidArgumentError("It is in the past.");
  return at;
}

function moment(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
