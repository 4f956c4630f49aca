import { isHiddenFrom, reasonClasses, reasonClassNames, type Dimension } from "@moja/contracts";
import type { Knex } from "knex";
import type { z } from "zod";
import { decoder } from "../../database/column-codecs.ts";
import type { StoredRow, StoredValue } from "../../database/row-types.ts";
import type { Table } from "../../database/tables.ts";
import type { TenantScope } from "../../tenant-scope.ts";
import type { Aggregate } from "./aggregate-parts.ts";
import type { MeasureReader } from "./measures.ts";

/** The aggregates of the rows that share their dimensions' values: in total, and in each bucket that has any. */
export type Group = { values: StoredValue[]; total: Aggregate; buckets: Map<number, Aggregate> };

type GroupContract = { at: string; id: string; dimensions: Record<string, Dimension> };

/** A dimension's expression in SQL. */
function dimensionSql({ column, reading }: Dimension): string {
  return reading === "status_class" || reading === "reason_class" ? `${column} / 100` : column;
}

/** Decodes a dimension's stored value for the wire. */
function decoderOf(name: string, { field, reading }: Dimension): (stored: StoredValue) => unknown {
  if (reading === "status_class") return (stored) => (stored === null ? null : `${stored}xx`);
  if (reading === "reason_class")
    return (stored) =>
      reasonClassNames.find((each) => stored !== null && reasonClasses[each].from === Number(stored) * 100) ?? null;
  const { decode } = decoder({ [name]: field });
  return (stored) => decode({ [name]: stored })[name];
}

/** Creates the reader of the groups that a request asks for by its dimensions. */
export function groupReader(contract: GroupContract, table: Table) {
  const dimensions = new Map(
    Object.entries(contract.dimensions).map(([name, dimension]) => [
      name,
      { ...dimension, name, nameColumn: dimension.name, decode: decoderOf(name, dimension) },
    ]),
  );

  return (group_by: string[]) => {
    const selected = group_by.map((name) => dimensions.get(name)).filter((dimension) => dimension !== undefined);
    return {
      /** The dimensions as columns: `g0`, `g1` … */
      columns: selected.map((dimension, index) => [dimensionSql(dimension), `g${index}`] as const),
      values: (row: StoredRow): StoredValue[] => selected.map((_, index) => row[`g${index}`] ?? null),

      /** Returns what orders groups of equal measures: their values, or what stands for hidden ones. */
      ranker: async (tenant: TenantScope, groups: Group[]) => {
        const ranks = await Promise.all(
          selected.map(({ field }, index) => hiddenRanks(tenant, field, distinct(groups, index))),
        );
        return ({ values }: Group) => values.map((value, index) => ranks[index]?.get(value) ?? value);
      },

      /** Reads the names of ids, and returns what renders a group: its dimensions' values and names. */
      namer: async (tenant: TenantScope, groups: Group[], window: { from: number; to: number }) => {
        const inWindow = () =>
          tenant.from(table).where(contract.at, ">=", window.from).where(contract.at, "<", window.to);
        const names = await Promise.all(
          selected.map(async ({ column, nameColumn }, index) =>
            nameColumn === undefined
              ? undefined
              : newestNames(contract, distinct(groups, index), (id) =>
                  inWindow().select({ name: nameColumn }).where(column, id),
                ),
          ),
        );
        return ({ values }: Group) =>
          Object.fromEntries(
            selected.flatMap(({ name, nameColumn, decode }, index): [string, unknown][] => {
              const value = values[index] ?? null;
              const decoded: [string, unknown] = [name, decode(value)];
              return nameColumn ? [decoded, [nameColumn, names[index]?.get(value) ?? null]] : [decoded];
            }),
          );
      },
    };
  };
}

/**
 * What stands for those values in an order that a mask hides from some keys: it comes after every other value, and
 * follows from the organization's secret. In the order of the values, whoever can write one would find the hidden one
 * between two of them.
 */
async function hiddenRanks(tenant: TenantScope, field: z.ZodType, values: StoredValue[]) {
  const hidden = values.filter((value) => isHiddenFrom(field, value));
  const ranks = hidden.map(async (value) => [value, `\u{10FFFF}${await tenant.sign(`order:${value}`)}`] as const);
  return new Map<StoredValue, StoredValue>(await Promise.all(ranks));
}

/** The newest name of each id; `rowsOf` selects an id's rows in the window. */
async function newestNames(
  { at, id: idColumn }: GroupContract,
  ids: StoredValue[],
  rowsOf: (id: StoredValue) => Knex.QueryBuilder,
): Promise<Map<StoredValue, StoredValue>> {
  const names = new Map<StoredValue, StoredValue>();
  for (const id of ids) {
    const newest: { name: StoredValue }[] = await rowsOf(id)
      .orderBy([
        { column: at, order: "desc" },
        { column: idColumn, order: "desc" },
      ])
      .limit(1);
    names.set(id, newest[0]?.name ?? null);
  }
  return names;
}

function distinct(groups: Group[], index: number): StoredValue[] {
  return [...new Set(groups.map(({ values }) => values[index] ?? null))].filter((value) => value !== null);
}

/** Orders groups by a measure, those without it last, and equal ones by their ranks, those without one last. */
export function sortGroups(
  groups: Group[],
  { measure, rank }: { measure: (group: Group) => number | string | null; rank: (group: Group) => StoredValue[] },
  order: "asc" | "desc",
): Group[] {
  const sign = order === "asc" ? 1 : -1;
  return groups
    .map((group) => ({ group, value: measure(group) }))
    .sort((a, b) => compare(a.value, b.value, sign) || compareValues(rank(a.group), rank(b.group)))
    .map(({ group }) => group);
}

function compareValues(a: StoredValue[], b: StoredValue[]): number {
  for (const [index, value] of a.entries()) {
    const order = compare(value, b[index] ?? null, 1);
    if (order !== 0) return order;
  }
  return 0;
}

function compare(a: StoredValue, b: StoredValue, sign: 1 | -1): number {
  if (a === b) return 0;
  if (a === null || b === null) return a === null ? 1 : -1;
  return a < b ? -sign : sign;
}

/** The total of several groups. */
export function totalOf(measures: MeasureReader, groups: Group[]): Aggregate {
  const merged = measures.empty();
  for (const { total } of groups) measures.add(merged, total);
  return merged;
}

/** Several groups as one, in each bucket. */
export function mergeGroups(measures: MeasureReader, groups: Group[]): Group {
  const merged: Group = { values: [], total: totalOf(measures, groups), buckets: new Map() };
  for (const [bucket, aggregate] of groups.flatMap(({ buckets }) => [...buckets])) {
    const sum = merged.buckets.get(bucket) ?? measures.empty();
    measures.add(sum, aggregate);
    merged.buckets.set(bucket, sum);
  }
  return merged;
}
