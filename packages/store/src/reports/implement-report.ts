import { ApiError, type AnyContract } from "@moja/contracts";
import type { z } from "zod";
import { isCanceled } from "../database/outages.ts";
import type { TenantScope } from "../tenant-scope.ts";

/** Answers a contract for one organization. */
export type Resolver<C extends AnyContract> = (
  tenant: TenantScope,
  input: z.output<C["input"]>,
) => Promise<z.input<C["output"]>>;

/**
 * A contract and what answers it. `resolve` has a method's type, so that operations of all contracts are of one type.
 */
export type Operation<C extends AnyContract = AnyContract> = {
  contract: C;
  resolve(tenant: TenantScope, input: z.output<C["input"]>): Promise<z.input<C["output"]>>;
};

/** A report's contracts, each with what answers it. */
export type Implementation<Report extends Record<string, AnyContract>> = {
  [Name in keyof Report]: Operation<Report[Name]>;
};

/**
 * Joins a report's contracts with their resolvers by name and type: one that is missing or answers otherwise does not
 * compile.
 */
export function implementReport<Report extends Record<string, AnyContract>>(
  contracts: Report,
  resolvers: { [Name in keyof Report]: Resolver<Report[Name]> },
): Implementation<Report> {
  const operations = Object.entries(contracts).map(([name, contract]) => {
    const resolver = resolvers[name];
    return [name, { contract, resolve: resolver && withinTime(resolver) }];
  });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- both arguments have the names of `Report`
  return Object.fromEntries(operations) as Implementation<Report>;
}

/** Answers `too_slow` where PostgreSQL ended a statement at its deadline. */
function withinTime<C extends AnyContract>(resolver: Resolver<C>): Resolver<C> {
  return (tenant, input) =>
    resolver(tenant, input).catch((error: unknown) => {
      throw isCanceled(error) ? new ApiError("too_slow") : error;
    });
}
