import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { ApiError, type Scope } from "@moja/contracts";
import { writeUnlessLocked, type Database } from "../database/dialect.ts";

/** An API key as it is kept: its secret only as a hash. A service key has no organization. */
export type ApiKey = {
  key_id: string;
  organization_id: string | null;
  name: string;
  scopes: Scope[];
  created_at: number;
  expires_at: number | null;
  revoked_at: number | null;
  last_used_at: number | null;
};

type StoredKey = Omit<ApiKey, "scopes"> & { scopes: string; secret_hash: string };

/** What a new key is made of; id and secret are drawn at random when they are left out. */
export type NewKey = {
  organization_id: string | null;
  name: string;
  scopes: readonly Scope[];
  expires_at?: number | null;
  key_id?: string;
  secret?: string;
};

/** How often `last_used_at` is written for a key that is in use. */
const lastUsedIntervalMs = 60_000;

const keyFormat = /^moja_([A-Za-z0-9-]{1,64})_([A-Za-z0-9-]{16,128})$/;

/** Makes a key and returns its text, which is never shown again: `moja_<key id>_<secret>`. */
export async function createKey(database: Database, newKey: NewKey): Promise<string> {
  const {
    key_id = randomBytes(6).toString("hex"),
    secret = randomBytes(24).toString("hex"),
    organization_id,
    name,
    scopes,
    expires_at = null,
  } = newKey;
  if (organization_id !== null && scopes.includes("ingest:write"))
    throw new ApiError("invalid_request", "The scope ingest:write is for service keys alone.");
  const row = {
    key_id,
    organization_id,
    name,
    secret_hash: hash(secret),
    scopes: scopes.join(" "),
    created_at: Date.now(),
    expires_at,
    revoked_at: null,
  };
  await database("api_keys").insert(row).onConflict("key_id").merge();
  return `moja_${key_id}_${secret}`;
}

/** The key that a text stands for; refused when it is unknown, revoked or expired. Not cached: a revoked key stops at once. */
export async function findKey(database: Database, text: string): Promise<ApiKey> {
  const [, key_id = "", secret = ""] = keyFormat.exec(text) ?? [];
  const stored = key_id ? ((await database("api_keys").where({ key_id }).first()) as StoredKey | undefined) : undefined;
  const matches = timingSafeEqual(Buffer.from(hash(secret)), Buffer.from(stored?.secret_hash ?? hash("no key")));
  if (!stored || !matches || stored.revoked_at !== null) throw new ApiError("invalid_api_key");
  if (stored.expires_at !== null && stored.expires_at <= Date.now()) throw new ApiError("expired_api_key");
  await updateLastUsed(database, stored);
  return toApiKey(stored);
}

/** The keys of an organization, or the service keys for null; all of them when nothing is said. */
export async function listKeys(database: Database, organization_id?: string | null): Promise<ApiKey[]> {
  const query = database("api_keys").orderBy("created_at");
  if (organization_id !== undefined) query.where({ organization_id });
  return ((await query) as StoredKey[]).map(toApiKey);
}

/** Stops a key for good, which is told by its id or given whole, and gives its id. What is told of it never holds its secret. */
export async function revokeKey(database: Database, keyOrId: string): Promise<string> {
  const key_id = /moja_([^_]+)_/.exec(keyOrId)?.[1] ?? keyOrId;
  const changed = await database("api_keys")
    .where({ key_id })
    .whereNull("revoked_at")
    .update({ revoked_at: Date.now() });
  if (changed === 0) throw new ApiError("not_found", `There is no active key ${key_id}.`);
  return key_id;
}

async function updateLastUsed(database: Database, { key_id, last_used_at }: StoredKey) {
  const now = Date.now();
  if (last_used_at !== null && now - last_used_at < lastUsedIntervalMs) return;
  await writeUnlessLocked(database, () => database("api_keys").where({ key_id }).update({ last_used_at: now }));
}

function toApiKey({ secret_hash: _, scopes, ...key }: StoredKey): ApiKey {
  return { ...key, scopes: scopes.split(" ") as Scope[] };
}

function hash(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}
