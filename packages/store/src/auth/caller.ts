import type { Database } from "../database/dialect.ts";
import { poolFor } from "../database/postgres/pools.ts";
import { readBound } from "../database/prepared.ts";
import { parseKey, verifyKey, type ApiKey, type StoredKey } from "./keys.ts";
import { toOrganization, type Organization, type StoredOrganization } from "./organizations.ts";

type StoredCaller = Omit<StoredKey, "organization_id" | "name"> & {
  key_organization_id: string | null;
  key_name: string;
} & (StoredOrganization | { [Column in keyof StoredOrganization]: null });

/** A key with the organization that it reads: its own, or the one that a service key's request names. */
const callerSql = {
  name: "moja_caller",
  sql: `
  select api_keys.key_id, api_keys.organization_id as key_organization_id, api_keys.name as key_name,
    api_keys.secret_hash, api_keys.scopes, api_keys.created_at, api_keys.expires_at, api_keys.revoked_at,
    api_keys.last_used_at,
    organizations.organization_id, organizations.name, organizations.plan, organizations.api_access,
    organizations.redacted_names, organizations.hash_secret
  from api_keys
  left join organizations on organizations.organization_id = coalesce(api_keys.organization_id, ?)
  where api_keys.key_id = ?`,
};

/**
 * Finds the key of a text, and the organization that it reads: its own, or for a service key the one that is given.
 * Throws when the key is unknown, revoked or expired. Not cached, so that revoking works at once; both come in one
 * query, because every request makes it.
 */
export async function findCaller(
  database: Database,
  text: string,
  organization_id: string | undefined,
): Promise<{ key: ApiKey; organization: Organization | undefined }> {
  const { key_id, secret } = parseKey(text);
  const stored = key_id === "" ? undefined : await readCaller(database, key_id, organization_id);
  const key = verifyKey(database, stored && keyOf(stored), secret);
  return { key, organization: stored?.organization_id ? toOrganization(stored) : undefined };
}

async function readCaller(database: Database, key_id: string, organization_id: string | undefined) {
  const [stored] = await readBound(poolFor("keys", database), {
    ...callerSql,
    bindings: [organization_id ?? null, key_id],
  });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the row is what the SQL selects
  return stored as StoredCaller | undefined;
}

function keyOf({ key_organization_id, key_name, ...stored }: StoredCaller): StoredKey {
  const { key_id, secret_hash, scopes, created_at, expires_at, revoked_at, last_used_at } = stored;
  return {
    key_id,
    organization_id: key_organization_id,
    name: key_name,
    secret_hash,
    scopes,
    created_at,
    expires_at,
    revoked_at,
    last_used_at,
  };
}
