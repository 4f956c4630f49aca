import { notFoundError } from "@moja/contracts";
import type { StoredRow } from "../database/row-types.ts";
import type { Table } from "../database/tables.ts";
import type { TenantScope } from "../tenant-scope.ts";
import { rowsBy } from "./rows-by.ts";

/**
 * Finds one row; the first column of `where` is its id. Throws `not_found` when the organization has none, with the
 * same message whether or not another one has it.
 */
export async function findOneOrFail(
  tenant: TenantScope,
  table: Table,
  where: Record<string, string>,
): Promise<StoredRow> {
  const [stored] = await rowsBy(tenant, table, { where, limit: 1 });
  if (!stored) throw notFoundError(String(Object.keys(where)[0]));
  return stored;
}
