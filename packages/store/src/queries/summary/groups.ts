import { reasonClasses, reasonClassNames, type Dimension } from "@moja/contracts";
import { decoder } from "../../database/column-codecs.ts";
import type { StoredRow, StoredValue } from "../../database/row-types.ts";
import type { Table } from "../../database/tables.ts";
import type { TenantScope } from "../../tenant-scope.ts";
import type { Aggregate } from "./measures.ts";

/** The rows that have the same values of the dimensions, added up: for each bucket that has any, and all together. */
export type Group = { values: StoredValue[]; total: Aggregate; buckets: Map<number, Aggregate> };

/** What a dimension is in SQL. */
function dimensionSql({ column, reading }: Dimension): string {
  return reading === "status_class" || reading === "reason_class" ? `${column} / 100` : column;
}

/** A dimension's stored value on the wire. */
function decoderOf(name: string, { field, reading }: Dimension): (stored: StoredValue) => unknown {
  if (reading === "status_class") return (stored) => (stored === null ? null : `${stored}xx`);
  if (reading === "reason_class")
    return (stored) =>
      reasonClassNames.find((each) => stored !== null && reasonClasses[each].from === Number(stored) * 100) ?? null;
  const { decode } = decoder({ [name]: field });
  return (stored) => decode({ [name]: stored })[name];
}

/** How the rows of a report are grouped by its dimensions. */
export function groupReader(contract: { at: string; id: string; dimensions: Record<string, Dimension> }, table: Table) {
  const decoders = new Map(
    Object.entries(contract.dimensions).map(([name, dimension]) => [name, decoderOf(name, dimension)]),
  );
  const dimension = (name: string) => contract.dimensions[name] as Dimension;

  return {
    /** The dimensions as columns: `g0`, `g1` … */
    columns: (group_by: string[]) =>
      group_by.map((name, index) => [dimensionSql(dimension(name)), `g${index}`] as const),
    values: (group_by: string[], row: StoredRow): StoredValue[] => group_by.map((_, index) => row[`g${index}`] ?? null),

    /** Reads groups as the wire has them: their dimensions' values, and the names of ids. */
    namer: async (tenant: TenantScope, group_by: string[], groups: Group[], window: { from: number; to: number }) => {
      const names = await Promise.all(
        group_by.map((name, index) => newestNames(tenant, dimension(name), distinct(groups, index), window)),
      );
      return ({ values }: Group) =>
        Object.fromEntries(
          group_by.flatMap((name, index) => {
            const value = values[index] ?? null;
            const { name: nameColumn } = dimension(name);
            return [
              [name, decoders.get(name)?.(value)],
              ...(nameColumn ? [[nameColumn, names[index]?.get(value) ?? null]] : []),
            ];
          }),
        );
    },
  };

  /** The newest name of each id in the window. */
  async function newestNames(
    tenant: TenantScope,
    { column, name }: Dimension,
    ids: StoredValue[],
    { from, to }: { from: number; to: number },
  ) {
    const names = new Map<StoredValue, StoredValue>();
    for (const id of name === undefined ? [] : ids) {
      const newest = tenant
        .from(table)
        .select({ name })
        .where(column, id)
        .where(contract.at, ">=", from)
        .where(contract.at, "<", to)
        .orderBy([
          { column: contract.at, order: "desc" },
          { column: contract.id, order: "desc" },
        ])
        .limit(1);
      names.set(id, ((await newest) as StoredRow[])[0]?.["name"] ?? null);
    }
    return names;
  }
}

function distinct(groups: Group[], index: number): StoredValue[] {
  return [...new Set(groups.map(({ values }) => values[index] ?? null))].filter((value) => value !== null);
}

/** Orders groups by a measure, those without it last, and equals by their values, those without one last. */
export function sortGroups(
  groups: Group[],
  measure: (group: Group) => number | string | null,
  order: "asc" | "desc",
): Group[] {
  const measured = groups.map((group) => ({ group, value: measure(group) }));
  const sign = order === "asc" ? 1 : -1;
  measured.sort(
    (a, b) =>
      compare(a.value, b.value, sign) ||
      a.group.values.reduce<number>(
        (found, value, index) => found || compare(value, b.group.values[index] ?? null, 1),
        0,
      ),
  );
  return measured.map(({ group }) => group);
}

function compare(a: StoredValue, b: StoredValue, sign: 1 | -1): number {
  if (a === b) return 0;
  if (a === null || b === null) return a === null ? 1 : -1;
  return a < b ? -sign : sign;
}
