import { contracts, ingest, me, type AnyContract, type Filter } from "@moja/contracts";
import type { z } from "zod";

/** What the router reads of a promise. */
export type OperationContract = AnyContract & {
  path: string;
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

/** Every promise by the name of its procedure. */
export const operations: Record<string, OperationContract> = {
  ...Object.fromEntries(
    Object.entries(contracts).flatMap(([report, reportContracts]) =>
      Object.entries(reportContracts).map(([name, contract]) => [`${report}.${name}`, contract as OperationContract]),
    ),
  ),
  "me.get": me.get,
  "ingest.push": ingest.push,
};

/** The parameters that a procedure takes. */
export function parametersOf(path: string | undefined): string[] {
  const contract = path !== undefined && Object.hasOwn(operations, path) ? operations[path] : undefined;
  return contract ? Object.keys((contract.input as z.ZodObject).shape) : [];
}
