import { contracts, ingest, me, missingScope } from "@moja/contracts";
import { answers, record } from "@moja/store";
import { reportingRefusal } from "./context.ts";
import type { Promised } from "./operations.ts";
import { authenticated, inputOf, metaOf, queryOf, refuseIssues, t } from "./procedures.ts";

const reports = Object.fromEntries(
  Object.entries(contracts).map(([report, promised]) => [
    report,
    Object.fromEntries(
      Object.entries(promised).map(([name, promise]) => [
        name,
        queryOf(`${report}.${name}`, promise as Promised, answers[report as keyof typeof answers][name as never]),
      ]),
    ),
  ]),
);

const getMe = authenticated
  .meta({ openapi: metaOf("me.get", me.get) })
  .use(refuseIssues(me.get))
  .input(inputOf(me.get))
  .output(me.get.output)
  .query(({ ctx: { caller, limits } }) => {
    const { key, organization } = caller;
    const refused = reportingRefusal(caller)?.code as
      | "missing_scope"
      | "api_access_disabled"
      | "plan_excludes_reporting"
      | undefined;
    return {
      key: {
        id: key.key_id,
        name: key.name,
        scopes: key.scopes,
        expires_at: key.expires_at === null ? null : new Date(key.expires_at).toISOString(),
      },
      organization: {
        id: organization.organization_id,
        name: organization.name,
        plan: organization.plan,
        api_access: organization.api_access ? ("enabled" as const) : ("disabled" as const),
      },
      reporting: refused ?? ("available" as const),
      limits: { requests_per_minute_per_endpoint: limits.per_endpoint, requests_per_minute_per_ip: limits.per_ip },
    };
  });

const pushRecords = authenticated
  .meta({ openapi: metaOf("ingest.push", ingest.push) })
  .use(async ({ ctx, next }) => {
    if (!ctx.caller.key.scopes.includes("ingest:write")) throw missingScope("ingest:write", "Writing records");
    return next();
  })
  .use(refuseIssues(ingest.push))
  .input(ingest.push.input)
  .output(ingest.push.output)
  .mutation(({ ctx, input }) => record(ctx.database, ctx.caller.organization.organization_id, input.records));

/** The router: one procedure for each promise, derived from the contracts and the answers. */
export const router = t.router({ ...reports, me: { get: getMe }, ingest: { push: pushRecords } });
