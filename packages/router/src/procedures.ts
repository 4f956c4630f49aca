import { bare, contracts, maskOf, me, Refusal, type AnyPromise, type ErrorShape, type Filter, type QueryOf } from "@moja/contracts";
import { answers, type Answer } from "@moja/store";
import { initTRPC } from "@trpc/server";
import type { OpenApiMeta } from "trpc-to-openapi";
import type { z } from "zod";
import { authenticate, missingScope, reportingRefusal, type Context } from "./context.ts";
import { maskFor } from "./personal.ts";
import { errorShape, issuesOf, problemOf } from "./refuse.ts";

/** What the router reads of a promise. */
type Promised = AnyPromise & { path: string; tag: string; example: { input: Record<string, unknown>; output: unknown }; summary: string; description: string; row?: z.ZodObject; filters?: Record<string, Filter> };

const t = initTRPC.context<Context>().meta<OpenApiMeta>().create({
  isDev: false,
  errorFormatter: ({ error, ctx, path }): ErrorShape => errorShape(problemOf(error, ctx?.request_id ?? "unknown", parametersOf(path))),
});

const authenticated = t.procedure.use(async ({ ctx, next }) => next({ ctx: { ...ctx, caller: await authenticate(ctx) } }));

/** The key is checked first, then the plan, then the query string, then the input. */
const reporting = authenticated.use(async ({ ctx, next }) => {
  const refusal = reportingRefusal(ctx.caller);
  if (refusal) throw refusal;
  return next();
});

/** The tRPC query of a promise: named, described and routed by its contract. */
function queryOf<P extends Promised>(name: string, promise: P, answer: Answer<P>): QueryOf<P> {
  const mask = maskFor(promise.output);
  const personalFilters = Object.entries(promise.filters ?? {}).flatMap(([filter, { column }]) => (maskOf(bare(promise.row?.shape[column] as z.ZodType)) ? [filter] : []));
  const query = reporting
    .meta({ openapi: metaOf(name, promise) })
    .use(refuseIssues(promise))
    .input(inputOf(promise))
    .output(promise.output)
    .query(async ({ ctx, input }) => {
      const { key, scope } = ctx.caller;
      const seesPersonal = key.scopes.includes("pii:read");
      const asked = personalFilters.find((filter) => (input as Record<string, unknown>)[filter] !== undefined);
      if (asked && !seesPersonal) throw missingScope("pii:read", `Filtering by \`${asked}\``);
      const output = await answer(scope, input as z.output<P["input"]>);
      return (seesPersonal || !mask ? output : mask(output));
    });
  return query as unknown as QueryOf<P>;
}

/** The input's schema; where nothing is needed, an input that is left out counts as an empty one. */
function inputOf({ input }: AnyPromise): z.ZodType {
  return input.safeParse({}).success ? input.prefault({}) : input;
}

/** Refuses what the REST edge found wrong, together with what the input's schema finds. */
function refuseIssues(promise: Promised) {
  return t.middleware(async ({ ctx, getRawInput, next }) => {
    if (ctx.issues.length === 0) return next();
    const parsed = promise.input.safeParse(await getRawInput());
    const found = parsed.success ? [] : issuesOf(parsed.error, Object.keys((promise.input as z.ZodObject).shape));
    const edge = new Set(ctx.issues.map(({ path }) => path));
    throw new Refusal("invalid_request", undefined, [...ctx.issues, ...found.filter(({ path }) => !edge.has(path))]);
  });
}

function metaOf(name: string, { path, tag, summary, description }: Promised): OpenApiMeta["openapi"] {
  return { method: "GET", path: path as `/${string}`, operationId: name.replace(/\.(.)/, (_, letter: string) => letter.toUpperCase()), summary, description, tags: [tag] };
}

const reports = Object.fromEntries(
  Object.entries(contracts).map(([report, promises]) => [
    report,
    Object.fromEntries(Object.entries(promises).map(([name, promise]) => [name, queryOf(`${report}.${name}`, promise as Promised, answers[report as keyof typeof answers][name as never])])),
  ]),
);

const meQuery = authenticated
  .meta({ openapi: metaOf("me.get", me.get) })
  .use(refuseIssues(me.get))
  .input(inputOf(me.get))
  .output(me.get.output)
  .query(({ ctx: { caller, limits } }) => {
    const { key, organization } = caller;
    const refused = reportingRefusal(caller)?.code as "missing_scope" | "api_access_disabled" | "plan_excludes_reporting" | undefined;
    return {
      key: { id: key.key_id, name: key.name, scopes: key.scopes, expires_at: key.expires_at === null ? null : new Date(key.expires_at).toISOString() },
      organization: { id: organization.organization_id, name: organization.name, plan: organization.plan, api_access: organization.api_access ? ("enabled" as const) : ("disabled" as const) },
      reporting: refused ?? ("available" as const),
      limits: { requests_per_minute_per_endpoint: limits.per_endpoint, requests_per_minute_per_ip: limits.per_ip },
    };
  });

/** The router: one procedure for each promise, derived from the contracts and the answers. */
export const router = t.router({ ...reports, me: { get: meQuery } });

/** Every promise by the name of its procedure. */
export const promises: Record<string, Promised> = {
  ...Object.fromEntries(Object.entries(contracts).flatMap(([report, named]) => Object.entries(named).map(([name, promise]) => [`${report}.${name}`, promise as Promised]))),
  "me.get": me.get,
};

function parametersOf(path: string | undefined): string[] {
  const promise = path === undefined ? undefined : promises[path];
  return promise ? Object.keys((promise.input as z.ZodObject).shape) : [];
}
