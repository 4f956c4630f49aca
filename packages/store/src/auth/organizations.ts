import { ApiError, type Plan } from "@moja/contracts";
import type { Database } from "../database/dialect.ts";
import { createHashSecret, KeyedHash } from "../database/keyed-hash.ts";

/** An organization and its settings. */
export type Organization = {
  organization_id: string;
  name: string;
  plan: Plan;
  api_access: boolean;
  /** Names of headers, parameters and fields that hold secrets, besides those that are always redacted. */
  redacted_names: string[];
};

export type StoredOrganization = {
  organization_id: string;
  name: string;
  plan: Plan;
  api_access: number;
  redacted_names: string;
  hash_secret: string;
};

/** The hash of each organization that was read: not in it, so that whoever prints an organization prints no secret. */
const keyedHashes = new WeakMap<Organization, KeyedHash>();

/** Returns what hashes by the secret of an organization that was found. */
export function keyedHashOf(organization: Organization): KeyedHash {
  const keyedHash = keyedHashes.get(organization);
  if (!keyedHash) throw new Error(`${organization.organization_id} was not read from the database`);
  return keyedHash;
}

/** Creates an organization. Throws when its id is taken. */
export async function createOrganization(
  database: Database,
  { redacted_names = [], ...fields }: Omit<Organization, "redacted_names"> & Partial<Organization>,
): Promise<Organization> {
  const organization = { ...fields, redacted_names };
  const inserted = await database("organizations")
    .insert({
      organization_id: organization.organization_id,
      created_at: Date.now(),
      hash_secret: createHashSecret(),
      ...storedColumns(organization),
    })
    .onConflict("organization_id")
    .ignore()
    .returning("organization_id");
  if (inserted.length === 0)
    throw new ApiError("invalid_request", `There is an organization ${organization.organization_id} already.`);
  return organization;
}

/** Updates an organization's settings. Redacted names apply to records that are written from then on. */
export async function updateOrganization(
  database: Database,
  organization_id: string,
  change: Partial<Omit<Organization, "organization_id">>,
): Promise<Organization> {
  const columns = storedColumns(change);
  if (Object.keys(columns).length > 0) await database("organizations").where({ organization_id }).update(columns);
  const organization = await findOrganization(database, organization_id);
  if (!organization) throw new ApiError("not_found", `There is no organization ${organization_id}.`);
  return organization;
}

/** Finds an organization by its id. */
export async function findOrganization(database: Database, organization_id: string): Promise<Organization | undefined> {
  const stored: StoredOrganization | undefined = await database("organizations").where({ organization_id }).first();
  return stored && toOrganization(stored);
}

/** Lists all organizations by id. */
export async function listOrganizations(database: Database): Promise<Organization[]> {
  const stored: StoredOrganization[] = await database("organizations").orderBy("organization_id");
  return stored.map(toOrganization);
}

function storedColumns({ name, plan, api_access, redacted_names }: Partial<Organization>) {
  const invalidName = redacted_names?.find((each) => !redactedNamePattern.test(each));
  if (invalidName !== undefined)
    throw new ApiError(
      "invalid_request",
      `A redacted name has 1-64 characters of A-Z a-z 0-9 . _ -, not ${JSON.stringify(invalidName)}.`,
    );
  return {
    ...(name !== undefined && { name }),
    ...(plan !== undefined && { plan }),
    ...(api_access !== undefined && { api_access: api_access ? 1 : 0 }),
    ...(redacted_names !== undefined && { redacted_names: JSON.stringify(redacted_names) }),
  };
}

export function toOrganization({
  organization_id,
  name,
  plan,
  api_access,
  ...stored
}: StoredOrganization): Organization {
  const redacted_names: string[] = JSON.parse(stored.redacted_names);
  const organization = { organization_id, name, plan, api_access: api_access === 1, redacted_names };
  keyedHashes.set(organization, new KeyedHash(stored.hash_secret));
  return organization;
}

/** The form of a redacted name. */
const redactedNamePattern = /^[A-Za-z0-9._-]{1,64}$/;
