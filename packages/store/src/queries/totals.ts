import { exactTotals, moneyColumns } from "@moja/contracts";
import type { Knex } from "knex";
import type { z } from "zod";
import { readHeavyQuery } from "../database/sqlite/read-pool.ts";
import type { TenantScope } from "../tenant-scope.ts";
import { rejectInexactSum } from "./safe-integer.ts";

/** Reads the totals of a query's rows: their count and the sum of each money column, in integers. */
export function totalsReader(row: z.core.$ZodShape) {
  const columns = moneyColumns(row);
  return async (tenant: TenantScope, query: Knex.QueryBuilder) => {
    const totalsQuery = query.count({ rows: "*" }).sum(Object.fromEntries(columns.map((name) => [name, name])));
    const [sums] = await tenant
      .readHeavily((heavy) => readHeavyQuery(totalsQuery, heavy))
      .catch(rejectInexactSum("totals"));
    const sumOf = (name: string) => Number(sums?.[name] ?? 0);
    return exactTotals(sumOf("rows"), Object.fromEntries(columns.map((name) => [name, sumOf(name)])));
  };
}
