import type { TRPCBuiltRouter, TRPCMutationProcedure, TRPCQueryProcedure } from "@trpc/server";
import type { z } from "zod";
import type { me } from "./access.ts";
import type { Contracts } from "./contracts.ts";
import type { Problem } from "./errors.ts";
import type { ingest } from "./ingest.ts";
import type { RecordInput } from "./records/record.ts";

/** What any promise has: what goes in, and what comes out. */
export type AnyContract = { input: z.ZodType; output: z.ZodType };

/** What goes in; where nothing is needed it may be left out. */
type InputOf<C extends AnyContract> =
  Record<never, never> extends z.input<C["input"]> ? z.input<C["input"]> | void : z.input<C["input"]>;

/** The tRPC query of a promise. */
export type QueryOf<C extends AnyContract> = TRPCQueryProcedure<{
  input: InputOf<C>;
  output: z.output<C["output"]>;
  meta: unknown;
}>;

type QueriesOf<Report extends Record<string, AnyContract>> = { [Name in keyof Report]: QueryOf<Report[Name]> };

/** The tRPC mutation that writes records. */
type PushMutation = TRPCMutationProcedure<{
  input: { records: RecordInput[] };
  output: z.output<(typeof ingest)["push"]["output"]>;
  meta: unknown;
}>;

/** An error as tRPC carries it: `data` is the problem body that REST answers. */
export type ErrorShape = { message: string; code: number; data: Problem };

/** The type of the tRPC router, made of the contracts alone: for `createTRPCClient<ReportingRouter>()` and its relatives. */
export type ReportingRouter = TRPCBuiltRouter<
  { ctx: object; meta: object; errorShape: ErrorShape; transformer: false },
  { [Report in keyof Contracts]: QueriesOf<Contracts[Report]> } & {
    me: QueriesOf<typeof me>;
    ingest: { push: PushMutation };
  }
>;
