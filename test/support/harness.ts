import type { AddressInfo } from "node:net";
import { exampleRecords, type Plan, type RecordInput, type Scope } from "@moja/contracts";
import { createKey, createOrganization, ingestRecords, openDatabase, type Database, type Receipt } from "@moja/store";
import { pino } from "pino";
import { createApp } from "../../apps/api/src/app.ts";
import { listenOptionsFrom, readLimitsFrom, readSettings } from "../../apps/api/src/config.ts";
import { listen, type ListenOptions } from "../../apps/api/src/http-server.ts";
import { exampleSecret } from "./caller-ref.ts";
import { databases, type Freshness, type TestDatabase } from "./databases.ts";
import { atEndOfFile } from "./left-open.ts";

/** An organization with a key, as a test sees it. */
export type Tenant = {
  organization_id: string;
  key: string;
  ingest: (records: readonly unknown[]) => Promise<Receipt>;
};

/** A running API over a fresh database, and what a test does with it. */
export type Harness = AsyncDisposable & {
  url: string;
  key: string;
  database: Database;
  database_url: string;
  tenant: (options?: {
    plan?: Plan;
    api_access?: boolean;
    scopes?: Scope[];
    expires_at?: number;
    /** The secret of callers' references, where they must be known beforehand. */
    hash_secret?: string;
  }) => Promise<Tenant>;
};

/** Tests ask for more at once than callers do. */
const withoutLimits = {
  RATE_LIMIT_PER_ENDPOINT: "0",
  RATE_LIMIT_PER_IP: "0",
  EXPORTS_PER_KEY: "0",
  HEAVY_QUEUE: "100000",
  QUERY_TIMEOUT_MS: "60000",
};

/** Starts the API over an open database. No limits unless a test asks for them. */
export async function serveOn(
  database: Database,
  env: Record<string, string> = {},
  /** Times that are no settings, which tests shorten. */
  listening: Partial<ListenOptions> = {},
): Promise<{ url: string; close: () => void }> {
  const settings = readSettings({ ...withoutLimits, ...env });
  const app = createApp({ database, settings, logger: pino({ level: "silent" }) });
  const server = await listen(app, { ...listenOptionsFrom(settings), port: 0, host: "127.0.0.1", ...listening });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Has something closed once: by who opened it, or at the end of the file, also where a test has failed before. */
function closedOnce(close: () => Promise<void>): () => Promise<void> {
  const isStillOpen = atEndOfFile(close);
  return async () => {
    if (isStillOpen()) await close();
  };
}

/** How long what still goes on may take, before its connections are taken away. */
const graceMs = 3000;

/** Closes a database. A transaction that a failed test has left open would be waited for without end. */
async function closeDatabase(database: Database): Promise<void> {
  const { pool } = database.client as { pool?: { used: { resource: unknown }[]; release: (one: unknown) => boolean } };
  const timer = setTimeout(() => [...(pool?.used ?? [])].map(({ resource }) => pool?.release(resource)), graceMs);
  await database.destroy();
  clearTimeout(timer);
}

/**
 * Starts the API over a fresh database that holds the example organization; `key` is its key. No limits unless a test
 * asks for them.
 */
export async function startHarness(
  create: (freshness: Freshness) => Promise<TestDatabase> = databases[0].create,
  env: Record<string, string> = {},
): Promise<Harness> {
  const fresh = await create({ migrated: true });
  const closing = [() => fresh[Symbol.asyncDispose]()];
  const close = closedOnce(async () => {
    for (const each of closing.toReversed()) await each();
  });
  const database = await openDatabase(fresh.url, readLimitsFrom(readSettings({ ...withoutLimits, ...env })));
  closing.push(() => closeDatabase(database));
  const api = await serveOn(database, env);
  closing.push(async () => api.close());
  let count = 0;

  const tenant: Harness["tenant"] = async ({
    plan = "enterprise",
    api_access = true,
    scopes = ["reports:read", "pii:read"] as Scope[],
    expires_at,
    hash_secret,
  } = {}) => {
    const organization_id = `org_${++count}`;
    await createOrganization(database, { organization_id, name: `Organization ${count}`, plan, api_access });
    if (hash_secret !== undefined) await database("organizations").where({ organization_id }).update({ hash_secret });
    const key = await createKey(database, { organization_id, name: "test", scopes, expires_at: expires_at ?? null });
    return { organization_id, key, ingest: (records) => ingestRecords(database, organization_id, records) };
  };

  const example = await tenant({ hash_secret: exampleSecret });
  await ingestOrFail(example, exampleRecords);
  return {
    url: api.url,
    key: example.key,
    database,
    database_url: fresh.url,
    tenant,
    [Symbol.asyncDispose]: close,
  };
}

/** Records that must all be accepted. */
export async function ingestOrFail(tenant: Tenant, records: readonly RecordInput[]): Promise<void> {
  const { refused } = await tenant.ingest(records);
  if (refused.length > 0) throw new Error(`Refused: ${JSON.stringify(refused, null, 2)}`);
}
