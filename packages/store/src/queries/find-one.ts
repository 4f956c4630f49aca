import { notFoundError } from "@moja/contracts";
import type { StoredRow } from "../database/row-types.ts";
import type { Table } from "../database/tables.ts";
import type { TenantScope } from "../tenant-scope.ts";

/** One row by its id, the first of `where`; refused as not found when the organization has none, word for word as for an id that never was. */
export async function findOneOrFail(
  tenant: TenantScope,
  table: Table,
  where: Record<string, string>,
): Promise<StoredRow> {
  const [stored] = await tenant.from(table).select("*").where(where).limit(1);
  if (!stored) throw notFoundError(String(Object.keys(where)[0]));
  return stored;
}
