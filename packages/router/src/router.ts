import { ingest, mapValues, me } from "@moja/contracts";
import { ingestRecords, resolvers, type Operation } from "@moja/store";
import { noteWritten } from "./consistency.ts";
import { ingestAccessError, reportingAccessError } from "./authorize.ts";
import type { OperationContract } from "./operations.ts";
import { refuseInexact } from "./refuse-inexact.ts";
import { authenticated, createQuery, openApiMeta, rejectIssues, t } from "./procedures.ts";
import { inputOf } from "./report-handler.ts";

/** A procedure for each operation of each report, by its name. */
const reports = mapValues(resolvers, (report: Record<string, Operation<OperationContract>>, reportName) =>
  mapValues(report, (operation, name) => createQuery(`${reportName}.${name}`, operation)),
);

const getMe = authenticated
  .meta({ openapi: openApiMeta("me.get", me.get) })
  .use(rejectIssues(me.get))
  .input(inputOf(me.get))
  .output(me.get.output)
  .query(({ ctx: { caller, limits } }) => {
    const { key, organization } = caller;
    const reporting = me.get.output.shape.reporting.parse(reportingAccessError(caller)?.code ?? "available");
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
      reporting,
      limits: { requests_per_minute_per_endpoint: limits.per_endpoint, requests_per_minute_per_ip: limits.per_ip },
    };
  });

const pushRecords = authenticated
  .meta({ openapi: openApiMeta("ingest.push", ingest.push) })
  .use(async ({ ctx, next }) => {
    const error = ingestAccessError(ctx.caller);
    if (error) throw error;
    return next();
  })
  .use(rejectIssues(ingest.push))
  .use(refuseInexact)
  .input(ingest.push.input)
  .output(ingest.push.output)
  .mutation(async ({ ctx, input }) => {
    const receipt = await ingestRecords(ctx.database, ctx.caller.organization.organization_id, input.records);
    await noteWritten(ctx, ctx.caller);
    return receipt;
  });

/** The router: one procedure for each operation, derived from the contracts and the answers. */
export const router = t.router({ ...reports, me: { get: getMe }, ingest: { push: pushRecords } });
