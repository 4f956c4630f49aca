import { exactTotals, moneyColumns } from "@moja/contracts";
import type { Knex } from "knex";
import type { z } from "zod";
import type { Scope } from "../tenant-scope.ts";
import { refuseInexact } from "./safe-integer.ts";

/** What adds up a query's rows: their count and the sum of each money column, in integers. */
export function totaller(row: z.core.$ZodShape) {
  const columns = moneyColumns(row);
  return async (scope: Scope, query: Knex.QueryBuilder) => {
    const counted = query.count({ rows: "*" }).sum(Object.fromEntries(columns.map((name) => [name, name])));
    const [sums] = (await scope.readAside(counted).catch(refuseInexact("totals"))) as Record<string, number | null>[];
    return exactTotals(Number(sums?.["rows"]), Object.fromEntries(columns.map((name) => [name, sums?.[name] ?? 0])));
  };
}
