import {
  ApiError,
  issuesOf,
  maskOf,
  missingScopeError,
  organizationHeader,
  unwrap,
  type AnyContract,
  type ErrorShape,
  type QueryOf,
} from "@moja/contracts";
import type { Resolver } from "@moja/store";
import { initTRPC } from "@trpc/server";
import type { OpenApiMeta } from "trpc-to-openapi";
import { z } from "zod";
import { authenticate, reportingAccessError, type Caller, type Context } from "./context.ts";
import { errorRequestIds, toErrorShape, toProblem } from "./errors.ts";
import { createMask } from "./masking.ts";
import { parametersOf, type OperationContract } from "./operations.ts";

/** The builder of all procedures. */
export const t = initTRPC
  .context<Context>()
  .meta<OpenApiMeta>()
  .create({
    isDev: false,
    errorFormatter: ({ error, ctx, path, input }): ErrorShape =>
      toErrorShape(
        toProblem(error, ctx?.request_id ?? errorRequestIds.get(error) ?? "unknown", {
          known: parametersOf(path),
          input,
        }),
      ),
  });

/** Answers any valid key. */
export const authenticated = t.procedure.use(async ({ ctx, next }) =>
  next({ ctx: { ...ctx, caller: await authenticate(ctx) } }),
);

/** The key is checked first, then the plan, then the query string, then the input. */
const withReportingAccess = authenticated.use(async ({ ctx, next }) => {
  const error = reportingAccessError(ctx.caller);
  if (error) throw error;
  return next();
});

/** The tRPC query of a promise: named, described and routed by its contract. */
export function createQuery<C extends OperationContract>(name: string, contract: C, resolver: Resolver<C>): QueryOf<C> {
  const mask = createMask(contract.output);
  const query = withReportingAccess
    .meta({ openapi: openApiMeta(name, contract) })
    .use(rejectIssues(contract))
    .input(inputOf(contract))
    .output(contract.output)
    .query(async ({ ctx, input }) => {
      rejectPiiFilters(contract, ctx.caller, input as Record<string, unknown>);
      const output = await resolver(ctx.caller.tenant, input as z.output<C["input"]>);
      return canReadPii(ctx.caller) || !mask ? output : mask(output);
    });
  return query as unknown as QueryOf<C>;
}

/** Whether a caller sees personal data. */
export function canReadPii({ key }: Caller): boolean {
  return key.scopes.includes("pii:read");
}

/** Refuses a filter by personal data to a caller who may not see it: the answer would give it away. */
export function rejectPiiFilters(
  { filters = {}, row }: Pick<OperationContract, "filters" | "row">,
  caller: Caller,
  input: Record<string, unknown>,
): void {
  if (canReadPii(caller)) return;
  const [filterName] =
    Object.entries(filters).find(
      ([name, { column }]) => input[name] !== undefined && maskOf(unwrap(row?.shape[column] as z.ZodType)),
    ) ?? [];
  if (filterName) throw missingScopeError("pii:read", `Filtering by \`${filterName}\``);
}

/** The input's schema; where nothing is needed, an input that is left out counts as an empty one. */
export function inputOf({ input }: AnyContract): z.ZodType {
  return input.safeParse({}).success ? input.prefault({}) : input;
}

/** Refuses what the REST edge found wrong, together with what the input's schema finds. */
export function rejectIssues(contract: OperationContract) {
  return t.middleware(async ({ ctx, getRawInput, next }) => {
    if (ctx.issues.length === 0) return next();
    const input = await getRawInput();
    const parsed = contract.input.safeParse(input);
    const found = parsed.success
      ? []
      : issuesOf(parsed.error, Object.keys((contract.input as z.ZodObject).shape), input);
    const queryIssuePaths = new Set(ctx.issues.map(({ path }) => path));
    throw new ApiError("invalid_request", undefined, [
      ...ctx.issues,
      ...found.filter(({ path }) => !queryIssuePaths.has(path)),
    ]);
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
export function openApiMeta(
  name: string,
  { path, method, tag, summary, description }: OperationContract,
): OpenApiMeta["openapi"] {
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
