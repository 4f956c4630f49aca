import type { AddressInfo } from "node:net";
import { exampleRecords, type Plan, type RecordWritten, type Scope } from "@moja/contracts";
import { createKey, createOrganization, openDatabase, record, type Database, type Receipt } from "@moja/store";
import { pino } from "pino";
import { createApp } from "../../apps/api/src/app.ts";
import { readSettings } from "../../apps/api/src/environment.ts";
import { listen } from "../../apps/api/src/server.ts";
import { databases, type TestDatabase } from "./databases.ts";

/** An organization with a key, as a test sees it. */
export type Tenant = {
  organization_id: string;
  key: string;
  record: (records: readonly unknown[]) => Promise<Receipt>;
};

/** A running API over a fresh database, and what a test does with it. */
export type World = AsyncDisposable & {
  url: string;
  key: string;
  database: Database;
  database_url: string;
  tenant: (options?: { plan?: Plan; api_access?: boolean; scopes?: Scope[]; expires_at?: number }) => Promise<Tenant>;
};

/** Starts the API over an open database. No limits unless a test asks for them. */
export async function serveOn(
  database: Database,
  env: Record<string, string> = {},
): Promise<{ url: string; close: () => void }> {
  const settings = readSettings({ RATE_LIMIT_PER_ENDPOINT: "0", RATE_LIMIT_PER_IP: "0", ...env });
  const server = await listen(createApp({ database, settings, logger: pino({ level: "silent" }) }), 0, "127.0.0.1");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Starts the API over a fresh database that holds the example organization; `key` is its key. No limits unless a test asks for them. */
export async function world(
  create: () => Promise<TestDatabase> = databases[0].create,
  env: Record<string, string> = {},
): Promise<World> {
  const fresh = await create();
  const database = await openDatabase(fresh.url);
  const api = await serveOn(database, env);
  let count = 0;

  const tenant: World["tenant"] = async ({
    plan = "enterprise",
    api_access = true,
    scopes = ["reports:read", "pii:read"] as Scope[],
    expires_at,
  } = {}) => {
    const organization_id = `org_${++count}`;
    await createOrganization(database, { organization_id, name: `Organization ${count}`, plan, api_access });
    const key = await createKey(database, { organization_id, name: "test", scopes, expires_at: expires_at ?? null });
    return { organization_id, key, record: (records) => record(database, organization_id, records) };
  };

  const example = await tenant();
  await accepted(example, exampleRecords);
  return {
    url: api.url,
    key: example.key,
    database,
    database_url: fresh.url,
    tenant,
    [Symbol.asyncDispose]: async () => {
      api.close();
      await database.destroy();
      await fresh[Symbol.asyncDispose]();
    },
  };
}

/** Records that must all be accepted. */
export async function accepted(tenant: Tenant, records: readonly RecordWritten[]): Promise<void> {
  const { refused } = await tenant.record(records);
  if (refused.length > 0) throw new Error(`Refused: ${JSON.stringify(refused, null, 2)}`);
}
