import { hash, randomBytes, timingSafeEqual } from "node:crypto";
import { ApiError, scopes, type Scope } from "@moja/contracts";
import { writeUnlessLocked, type Database } from "../database/dialect.ts";

/** A stored API key, without its secret. Times are in milliseconds of the Unix epoch. */
export type ApiKey = {
  key_id: string;
  /** Null for a service key, which acts for any organization. */
  organization_id: string | null;
  name: string;
  scopes: Scope[];
  created_at: number;
  expires_at: number | null;
  revoked_at: number | null;
  last_used_at: number | null;
};

export type StoredKey = Omit<ApiKey, "scopes"> & { scopes: string; secret_hash: string };

/** The settings of a new key. */
export type NewKey = {
  organization_id: string | null;
  name: string;
  scopes: readonly Scope[];
  expires_at?: number | null;
  /** Random by default. */
  key_id?: string;
  /** Random by default. */
  secret?: string;
};

/** The least time between two updates of a key's `last_used_at`. */
const lastUsedIntervalMs = 60_000;

/** The time after which an update that failed is tried again. */
const lastUsedRetryMs = 1000;

/** When this process last wrote the use of each key of a database, or tried to. */
const notedUses = new WeakMap<Database, Map<string, number>>();

const keyFormat = /^moja_([A-Za-z0-9-]{1,64})_([A-Za-z0-9-]{16,128})$/;

/** Creates a key and returns its text, `moja_<key id>_<secret>`, which cannot be read again. */
export async function createKey(database: Database, newKey: NewKey): Promise<string> {
  const {
    key_id = randomBytes(6).toString("hex"),
    secret = randomBytes(24).toString("hex"),
    organization_id,
    name,
    expires_at = null,
  } = newKey;
  if (organization_id !== null && newKey.scopes.includes("ingest:write"))
    throw new ApiError("invalid_request", "The scope ingest:write is for service keys alone.");
  const row = {
    key_id,
    organization_id,
    name,
    secret_hash: hashOf(secret),
    scopes: newKey.scopes.join(" "),
    created_at: Date.now(),
    expires_at,
    revoked_at: null,
  };
  await database("api_keys").insert(row).onConflict("key_id").merge();
  return `moja_${key_id}_${secret}`;
}

/** The parts of a key's text; empty where it is none. */
export function parseKey(text: string): { key_id: string; secret: string } {
  const [, key_id = "", secret = ""] = keyFormat.exec(text) ?? [];
  return { key_id, secret };
}

/** Checks a stored key that was asked for by its id. Throws when it is unknown, revoked or expired. */
export function verifyKey(database: Database, stored: StoredKey | undefined, secret: string): ApiKey {
  const matches = timingSafeEqual(Buffer.from(hashOf(secret)), Buffer.from(stored?.secret_hash ?? hashOf("no key")));
  if (!stored || !matches || stored.revoked_at !== null) throw new ApiError("invalid_api_key");
  if (stored.expires_at !== null && stored.expires_at <= Date.now()) throw new ApiError("expired_api_key");
  noteUse(database, stored);
  return toApiKey(stored);
}

/** Lists the keys of an organization, the service keys for null, or all keys for undefined. */
export async function listKeys(database: Database, organization_id?: string | null): Promise<ApiKey[]> {
  const query = database("api_keys").orderBy("created_at");
  if (organization_id !== undefined) query.where({ organization_id });
  const stored: StoredKey[] = await query;
  return stored.map(toApiKey);
}

/** Revokes a key by its id or its whole text, and returns its id. Neither result nor error contains its secret. */
export async function revokeKey(database: Database, keyOrId: string): Promise<string> {
  const key_id = /moja_([^_]+)_/.exec(keyOrId)?.[1] ?? keyOrId;
  const changed = await database("api_keys")
    .where({ key_id })
    .whereNull("revoked_at")
    .update({ revoked_at: Date.now() });
  if (changed === 0) throw new ApiError("not_found", `There is no active key ${key_id}.`);
  return key_id;
}

/**
 * Writes that a key is in use, behind its request: no answer waits for it, and reading needs a database that can be read
 * only. What fails is tried again by a later request.
 */
function noteUse(database: Database, { key_id, last_used_at }: StoredKey): void {
  const uses = notedUses.get(database) ?? new Map<string, number>();
  notedUses.set(database, uses);
  const now = Date.now();
  if (now - Math.max(last_used_at ?? 0, uses.get(key_id) ?? 0) < lastUsedIntervalMs) return;
  uses.set(key_id, now);
  void writeUnlessLocked(database, () => database("api_keys").where({ key_id }).update({ last_used_at: now }))
    .catch(() => false)
    .then((isWritten) => isWritten || uses.set(key_id, now - lastUsedIntervalMs + lastUsedRetryMs));
}

function toApiKey({ secret_hash: _hash, scopes: words, ...key }: StoredKey): ApiKey {
  const given = words.split(" ").flatMap((word) => scopes.find((scope) => scope === word) ?? []);
  return { ...key, scopes: given };
}

function hashOf(secret: string): string {
  return hash("sha256", secret, "hex");
}
