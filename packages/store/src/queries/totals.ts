import { exactTotals, moneyColumns } from "@moja/contracts";
import type { Knex } from "knex";
import type { z } from "zod";
import type { TenantScope } from "../tenant-scope.ts";
import { rejectInexactSum } from "./safe-integer.ts";

/** What adds up a query's rows: their count and the sum of each money column, in integers. */
export function totalsReader(row: z.core.$ZodShape) {
  const columns = moneyColumns(row);
  return async (tenant: TenantScope, query: Knex.QueryBuilder) => {
    const totalsQuery = query.count({ rows: "*" }).sum(Object.fromEntries(columns.map((name) => [name, name])));
    const [sums] = (await tenant.readInWorker(totalsQuery).catch(rejectInexactSum("totals"))) as Record<
      string,
      number | null
    >[];
    return exactTotals(Number(sums?.["rows"]), Object.fromEntries(columns.map((name) => [name, sums?.[name] ?? 0])));
  };
}
