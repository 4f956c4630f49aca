import {
  consistencyHeader,
  organizationHeader,
  me,
  withoutFirstPage,
  type ErrorShape,
  type QueryOf,
} from "@moja/contracts";
import type { Operation } from "@moja/store";
import { initTRPC } from "@trpc/server";
import type { OpenApiMeta } from "trpc-to-openapi";
import { z } from "zod";
import { createEncoder } from "./answers/encoder.ts";
import { authenticate } from "./authorize.ts";
import type { Context } from "./context.ts";
import { errorRequestIds, toErrorShape, toProblem } from "./errors.ts";
import { createMask } from "./masking.ts";
import { parametersOf, type OperationContract } from "./operations.ts";
import { inputValidator, parameterNames, reportHandler } from "./report-handler.ts";

/** The builder of all procedures. */
export const t = initTRPC
  .context<Context>()
  .meta<OpenApiMeta>()
  .create({
    isDev: false,
    errorFormatter: ({ error, ctx, path, input }): ErrorShape =>
      toErrorShape(
        toProblem(error, ctx?.request_id ?? errorRequestIds.get(error) ?? "unknown", {
          procedure: path,
          known: parametersOf(path),
          input,
        }),
      ),
  });

/** Answers any valid key. */
export const authenticated = t.procedure.use(async ({ ctx, batchIndex, next }) => {
  rejectRefusedCall(ctx, batchIndex);
  return next({ ctx: { caller: await authenticate(ctx) } });
});

/** Refuses a call of a batch that was refused by itself. */
function rejectRefusedCall({ refusedCalls }: Context, batchIndex: number): void {
  const refusal = refusedCalls?.get(batchIndex);
  if (refusal) throw refusal;
}

/** The tRPC query of a report's operation: named, described and routed by its contract. */
export function createQuery<C extends OperationContract>(name: string, operation: Operation<C>): QueryOf<C> {
  const { contract } = operation;
  const answer = reportHandler({
    contract,
    run: ({ tenant, after }, input: z.output<C["input"]>) =>
      tenant.readAfter(after, (source) => operation.resolve(source, input)),
    mask: createMask<z.input<C["output"]>>(contract.output),
  });
  const encode = createEncoder(contract.output);
  const readInput = inputReader(contract);
  const query = t.procedure
    .meta({ openapi: openApiMeta(name, contract) })
    // The answer is made here, because tRPC would check the input before the key.
    .use(async ({ ctx, batchIndex, getRawInput, next }) => {
      rejectRefusedCall(ctx, batchIndex);
      const value = await answer(ctx, ctx.input ? async () => ctx.input : readInput(getRawInput));
      return next({ ctx: { place: ctx.answers.add(value, encode(value)) } });
    })
    .query(({ ctx }) => ctx.place);
  Object.assign(query._def, { inputs: [routedInput(contract)], output: unreadOutput });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- tRPC builds its types from generics that it erases here
  return query as unknown as QueryOf<C>;
}

/**
 * The input that trpc-to-openapi knows of a procedure while it serves: what is in the path. It would walk a whole
 * schema at each request for what the REST edge has read by then; the document has the whole schemas (`openapi/document.ts`).
 */
function routedInput({ path }: OperationContract): z.ZodObject {
  return z.looseObject(Object.fromEntries([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => [name, z.string()])));
}

/** The output that trpc-to-openapi knows of a procedure while it serves. */
const unreadOutput = z.unknown();

/** Reads the input of a call: of a list without what stands for its first page. */
function inputReader({ input }: OperationContract): (getRawInput: () => Promise<unknown>) => () => Promise<unknown> {
  const names = parameterNames(input);
  if (!names.includes("cursor") || names.includes("direction")) return (getRawInput) => getRawInput;
  return (getRawInput) => async () => withoutFirstPage(await getRawInput());
}

/** Refuses what the REST edge found wrong, together with what the input's schema finds. */
export function rejectIssues(contract: OperationContract) {
  const validate = inputValidator(contract);
  return t.middleware(async ({ ctx, getRawInput, next }) => {
    if (ctx.issues.length > 0) validate(await getRawInput(), ctx.issues);
    return next();
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

const readHeaders = z.object({
  [consistencyHeader]: z
    .string()
    .meta({
      description:
        "The token of an answer to pushed records: the answer shows them. Without it an answer may be some seconds old, " +
        "where a replica gives it.",
    })
    .optional(),
});

/** Where an operation is on REST, and how the document describes it. */
export function openApiMeta(
  name: string,
  { path, method, tag, summary, description }: OperationContract,
): OpenApiMeta["openapi"] {
  return {
    method: method ?? "GET",
    path,
    ...(method && { requestHeaders: serviceHeaders }),
    ...(!method && path !== me.get.path && { requestHeaders: readHeaders }),
    operationId: name.replace(/\.(.)/, (_, letter: string) => letter.toUpperCase()),
    summary,
    description,
    tags: [tag],
  };
}
