import { Refusal, type Plan } from "@moja/contracts";
import type { Database } from "./database.ts";

/** An organization: whose data it is, and what its plan includes. */
export type Organization = { organization_id: string; name: string; plan: Plan; api_access: boolean };

type StoredOrganization = { organization_id: string; name: string; plan: Plan; api_access: number };

/** Makes an organization; refused when its id is taken. */
export async function createOrganization(database: Database, organization: Organization): Promise<Organization> {
  const inserted = await database("organizations").insert({ ...organization, api_access: organization.api_access ? 1 : 0, created_at: Date.now() }).onConflict("organization_id").ignore().returning("organization_id");
  if (inserted.length === 0) throw new Refusal("invalid_request", `There is an organization ${organization.organization_id} already.`);
  return organization;
}

/** Changes an organization's name, plan or API access. */
export async function setOrganization(database: Database, organization_id: string, change: Partial<Omit<Organization, "organization_id">>): Promise<Organization> {
  const { api_access, ...rest } = change;
  const columns = { ...rest, ...(api_access !== undefined && { api_access: api_access ? 1 : 0 }) };
  if (Object.keys(columns).length > 0) await database("organizations").where({ organization_id }).update(columns);
  const organization = await findOrganization(database, organization_id);
  if (!organization) throw new Refusal("not_found", `There is no organization ${organization_id}.`);
  return organization;
}

/** The organization of this id, if there is one. */
export async function findOrganization(database: Database, organization_id: string): Promise<Organization | undefined> {
  const stored = (await database("organizations").where({ organization_id }).first()) as StoredOrganization | undefined;
  return stored && fromStored(stored);
}

/** All organizations, by id. */
export async function listOrganizations(database: Database): Promise<Organization[]> {
  return ((await database("organizations").orderBy("organization_id")) as StoredOrganization[]).map(fromStored);
}

function fromStored({ organization_id, name, plan, api_access }: StoredOrganization): Organization {
  return { organization_id, name, plan, api_access: api_access === 1 };
}
