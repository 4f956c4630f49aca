import type { IncomingMessage } from "node:http";
import { ApiError, missingScopeError, organizationHeader, plans } from "@moja/contracts";
import { findCaller, TenantScope, type ApiKey, type Organization } from "@moja/store";
import { requiredPosition } from "./consistency.ts";
import { createContext, rememberCaller, type Caller, type Context } from "./context.ts";

/** Who reads, and the position in the log of changes that the answer must show, if any. */
export type Reader = Caller & { after: string | undefined };

/** Who asks; refused when the key is not valid or cannot read the reports, or when its token is of no use. */
export async function authorize(context: Context): Promise<Reader> {
  const caller = await authenticate(context);
  const error = reportingAccessError(caller);
  if (error) throw error;
  return { ...caller, after: requiredPosition(context, caller) };
}

/** Who asks; refused when the key is missing, unknown, revoked or expired. */
export async function authenticate({ database, presented, authorized, closed }: Context): Promise<Caller> {
  if (authorized) return authorized;
  if (!presented.key) throw presented.missingKey();
  const { key, organization } = await findCaller(database, presented.key, presented.organization_id);
  const organization_id = key.organization_id ?? presented.organization_id;
  if (organization_id === undefined)
    throw organizationHeaderError(`is needed: a service key names the organization that it acts for`);
  if (presented.organization_id !== undefined && presented.organization_id !== organization_id)
    throw organizationHeaderError("is for service keys: this key belongs to one organization");
  if (!organization) throw organizationHeaderError("names no organization");
  return { key, organization, tenant: new TenantScope(database, organization_id, closed) };
}

/** Whether a caller sees personal data. */
export function canReadPii({ key }: Caller): boolean {
  return key.scopes.includes("pii:read");
}

/** Why a caller cannot read the reports, or undefined. */
export function reportingAccessError({
  key,
  organization,
}: {
  key: Pick<ApiKey, "scopes">;
  organization: Pick<Organization, "name" | "plan" | "api_access">;
}): ApiError | undefined {
  if (!plans[organization.plan].reporting)
    return new ApiError(
      "plan_excludes_reporting",
      `The plan of ${organization.name} is ${organization.plan}; the reporting API is part of Premium and Enterprise. Your account manager can change the plan.`,
    );
  if (!organization.api_access) return new ApiError("api_access_disabled");
  return key.scopes.includes("reports:read") ? undefined : missingScopeError("reports:read");
}

/** Why a caller cannot write records, or undefined. */
export function ingestAccessError({ key }: Pick<Caller, "key">): ApiError | undefined {
  return key.scopes.includes("ingest:write") ? undefined : missingScopeError("ingest:write", "Writing records");
}

/** What a caller needs besides a valid key; every operation that is not named here is a report's. */
const accessErrors: Record<string, (caller: Caller) => ApiError | undefined> = {
  "me.get": () => undefined,
  "ingest.push": ingestAccessError,
};

/**
 * Throws where nobody may ask any of these operations by this request: nothing of its body has to be read to say so.
 * The caller is remembered with the request, so that its procedure does not look the key up again.
 */
export async function authorizeBeforeBody(
  request: IncomingMessage,
  service: Pick<Context, "database" | "limits">,
  operationNames: string[],
): Promise<void> {
  // No rule of access looks at the transport.
  const caller = await authenticate(createContext(request, { ...service, transport: "rest" }));
  const errors = operationNames.map((name) => (accessErrors[name] ?? reportingAccessError)(caller));
  const [error] = errors;
  if (error && !errors.includes(undefined)) throw error;
  rememberCaller(request, caller);
}

function organizationHeaderError(message: string): ApiError {
  return new ApiError("invalid_request", undefined, [{ path: organizationHeader, message }]);
}
