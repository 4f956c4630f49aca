import type { TRPCBuiltRouter, TRPCMutationProcedure, TRPCQueryProcedure } from "@trpc/server";
import type { z } from "zod";
import type { me } from "./access.ts";
import type { Contracts } from "./contracts.ts";
import type { Problem } from "./errors.ts";
import type { ingest } from "./ingest.ts";
import type { RecordInput } from "./records/record.ts";

/** What the contracts of all operations have in common. */
export type AnyContract = {
  /** The schema of the parameters. */
  input: z.ZodType;
  /** The schema of the response. */
  output: z.ZodType;
};

/** The input as callers write it. It may be left out where no parameter is required. */
type InputOf<C extends AnyContract> =
  Record<never, never> extends z.input<C["input"]> ? z.input<C["input"]> | void : z.input<C["input"]>;

/** The tRPC query of a contract. */
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

/** An error as tRPC encodes it. */
export type ErrorShape = {
  message: string;
  /** The JSON-RPC error number. */
  code: number;
  /** The same body that REST responds with. */
  data: Problem;
};

/**
 * The type of the tRPC router, for `createTRPCClient<ReportingRouter>()` and its relatives. It derives from the
 * contracts, so that a client imports no server code.
 */
export type ReportingRouter = TRPCBuiltRouter<
  { ctx: object; meta: object; errorShape: ErrorShape; transformer: false },
  { [Report in keyof Contracts]: QueriesOf<Contracts[Report]> } & {
    me: QueriesOf<typeof me>;
    ingest: { push: PushMutation };
  }
>;
