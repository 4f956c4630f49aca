import { contracts, ingest, me, type AnyContract, type Filter } from "@moja/contracts";
import { resolvers, type TenantScope } from "@moja/store";
import type { z } from "zod";
import { parameterNames } from "./report-handler.ts";

/** What the router reads of an operation's contract. */
export type OperationContract = AnyContract & {
  path: `/${string}`;
  method?: "POST";
  shape?: string;
  tag: string;
  example: { input: Record<string, unknown>; output: unknown };
  summary: string;
  description: string;
  row?: z.ZodObject;
  filters?: Record<string, Filter>;
  list?: { example: { output: unknown } };
};

/** The contract of every operation by the name of its procedure. */
export const operations: Record<string, OperationContract> = {
  ...Object.fromEntries(
    Object.entries(contracts).flatMap(([report, reportContracts]) =>
      Object.entries(reportContracts).map(([name, contract]): [string, OperationContract] => [
        `${report}.${name}`,
        contract,
      ]),
    ),
  ),
  "me.get": me.get,
  "ingest.push": ingest.push,
};

/** The parameters that a procedure takes. */
export function parametersOf(path: string | undefined): string[] {
  const contract = path !== undefined && Object.hasOwn(operations, path) ? operations[path] : undefined;
  return contract ? parameterNames(contract.input) : [];
}

/** A page of any list. */
export type ListPage = {
  data: Record<string, unknown>[];
  next_cursor: string | null;
  applied: { from: string; to: string; order: "asc" | "desc"; filters: Record<string, z.core.util.JSONType> };
  totals: Record<string, number> | null;
};

/** What answers a list, whichever it is; its input is valid. */
type ListOperation = { resolve(tenant: TenantScope, input: object): Promise<ListPage> };

const listOperations = new Map<string, ListOperation>(
  Object.entries(resolvers).flatMap(([report, reportOperations]) =>
    "list" in reportOperations ? [[report, reportOperations.list]] : [],
  ),
);

/** What answers the list of a report. */
export function listOf(report: string): ListOperation {
  const list = listOperations.get(report);
  if (!list) throw new Error(`${report} has no list`);
  return list;
}
