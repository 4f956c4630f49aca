import {
  bare,
  issuesOf,
  maskOf,
  missingScope,
  organizationHeader,
  Refusal,
  type AnyPromise,
  type ErrorShape,
  type QueryOf,
} from "@moja/contracts";
import type { Answer } from "@moja/store";
import { initTRPC } from "@trpc/server";
import type { OpenApiMeta } from "trpc-to-openapi";
import { z } from "zod";
import { authenticate, reportingRefusal, type Caller, type Context } from "./context.ts";
import { errorShape, problemOf, requestIds } from "./errors.ts";
import { maskFor } from "./masking.ts";
import { parametersOf, type Promised } from "./operations.ts";

/** The builder of all procedures. */
export const t = initTRPC
  .context<Context>()
  .meta<OpenApiMeta>()
  .create({
    isDev: false,
    errorFormatter: ({ error, ctx, path, input }): ErrorShape =>
      errorShape(problemOf(error, ctx?.request_id ?? requestIds.get(error) ?? "unknown", parametersOf(path), input)),
  });

/** Answers any valid key. */
export const authenticated = t.procedure.use(async ({ ctx, next }) =>
  next({ ctx: { ...ctx, caller: await authenticate(ctx) } }),
);

/** The key is checked first, then the plan, then the query string, then the input. */
const reporting = authenticated.use(async ({ ctx, next }) => {
  const refusal = reportingRefusal(ctx.caller);
  if (refusal) throw refusal;
  return next();
});

/** The tRPC query of a promise: named, described and routed by its contract. */
export function queryOf<P extends Promised>(name: string, promise: P, answer: Answer<P>): QueryOf<P> {
  const mask = maskFor(promise.output);
  const query = reporting
    .meta({ openapi: metaOf(name, promise) })
    .use(refuseIssues(promise))
    .input(inputOf(promise))
    .output(promise.output)
    .query(async ({ ctx, input }) => {
      refusePersonalFilters(promise, ctx.caller, input as Record<string, unknown>);
      const output = await answer(ctx.caller.scope, input as z.output<P["input"]>);
      return seesPersonal(ctx.caller) || !mask ? output : mask(output);
    });
  return query as unknown as QueryOf<P>;
}

/** Whether a caller sees personal data. */
export function seesPersonal({ key }: Caller): boolean {
  return key.scopes.includes("pii:read");
}

/** Refuses a filter by personal data to a caller who may not see it: the answer would give it away. */
export function refusePersonalFilters(
  { filters = {}, row }: Pick<Promised, "filters" | "row">,
  caller: Caller,
  input: Record<string, unknown>,
): void {
  if (seesPersonal(caller)) return;
  const [asked] =
    Object.entries(filters).find(
      ([name, { column }]) => input[name] !== undefined && maskOf(bare(row?.shape[column] as z.ZodType)),
    ) ?? [];
  if (asked) throw missingScope("pii:read", `Filtering by \`${asked}\``);
}

/** The input's schema; where nothing is needed, an input that is left out counts as an empty one. */
export function inputOf({ input }: AnyPromise): z.ZodType {
  return input.safeParse({}).success ? input.prefault({}) : input;
}

/** Refuses what the REST edge found wrong, together with what the input's schema finds. */
export function refuseIssues(promise: Promised) {
  return t.middleware(async ({ ctx, getRawInput, next }) => {
    if (ctx.issues.length === 0) return next();
    const input = await getRawInput();
    const parsed = promise.input.safeParse(input);
    const found = parsed.success
      ? []
      : issuesOf(parsed.error, Object.keys((promise.input as z.ZodObject).shape), input);
    const edge = new Set(ctx.issues.map(({ path }) => path));
    throw new Refusal("invalid_request", undefined, [...ctx.issues, ...found.filter(({ path }) => !edge.has(path))]);
  });
}

const serviceHeaders = z.object({
  [organizationHeader]: z
    .string()
    .meta({ description: "The organization that the service key acts for.", examples: ["org_example"] }),
  "Content-Encoding": z
    .enum(["gzip"])
    .meta({ description: "Left out where the body is not zipped.", examples: ["gzip"] })
    .optional(),
});

/** Where a promise is on REST, and how the document describes it. */
export function metaOf(name: string, { path, method, tag, summary, description }: Promised): OpenApiMeta["openapi"] {
  return {
    method: method ?? "GET",
    path: path as `/${string}`,
    ...(method && { requestHeaders: serviceHeaders }),
    operationId: name.replace(/\.(.)/, (_, letter: string) => letter.toUpperCase()),
    summary,
    description,
    tags: [tag],
  };
}
