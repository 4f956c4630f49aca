import { notFound } from "@moja/contracts";
import type { Stored } from "../database/row-types.ts";
import type { Table } from "../database/tables.ts";
import type { Scope } from "../tenant-scope.ts";

/** One row by its id, the first of `where`; refused as not found when the organization has none, word for word as for an id that never was. */
export async function found(scope: Scope, table: Table, where: Record<string, string>): Promise<Stored> {
  const [stored] = await scope.from(table).select("*").where(where).limit(1);
  if (!stored) throw notFound(String(Object.keys(where)[0]));
  return stored;
}
