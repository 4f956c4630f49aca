import { SqlTemplates } from "../database/prepared.ts";
import type { StoredRow } from "../database/row-types.ts";
import type { Table } from "../database/tables.ts";
import type { TenantScope } from "../tenant-scope.ts";

type Selected = {
  /** The values that columns have. */
  where: Record<string, string>;
  /** All by default. */
  columns?: string[];
  order?: string[];
  limit?: number;
};

const templates = new SqlTemplates();

/** Reads the rows of a table by the values of some columns. The SQL is built once for each of them together. */
export function rowsBy(
  tenant: TenantScope,
  table: Table,
  { where, columns = ["*"], order = [], limit }: Selected,
): Promise<StoredRow[]> {
  const names = Object.keys(where);
  return tenant.read(templates, {
    shape: [table, limit, names, columns, order].join(" "),
    values: Object.values(where),
    build: (scope, values) => {
      const rows = scope.from(table).select(columns);
      for (const [index, name] of names.entries()) rows.where(name, values[index] ?? null);
      for (const column of order) rows.orderBy(column);
      return limit === undefined ? rows : rows.limit(limit);
    },
  });
}
