import {
  inexactSumError,
  kindOf,
  usdSumMax,
  type Condition,
  type Measure,
  type ValueKind,
  type Where,
} from "@moja/contracts";
import type { z } from "zod";
import type { StoredRow } from "../../database/row-types.ts";
import type { Table } from "../../database/tables.ts";
import { assertSafeInteger } from "../safe-integer.ts";

/** What the database adds up over rows: a column or an expression, and by which function. Everything is an integer. */
export type AggregatePart = { name: string; aggregateFunction: "count" | "sum" | "min" | "max"; of: string };

/** How two of a part make one. */
const mergeFunctions: Record<AggregatePart["aggregateFunction"], (one: number, other: number) => number> = {
  count: (one, other) => one + other,
  sum: (one, other) => assertSafeInteger(one + other),
  min: Math.min,
  max: Math.max,
};

/** What was added up: the parts in order, null where there is nothing, and how often each value of the column of percentiles occurs. */
export type Aggregate = { parts: (number | null)[]; occurrences: Map<number, number> };

/** How a report's measures are made. */
export type MeasureReader = ReturnType<typeof measureReader>;

/** How a report's measures are made: the SQL of the parts that all of them need, and the reading of a measure from its tally. */
export function measureReader(contract: { row: z.ZodObject; measures: Record<string, Measure> }, table: Table) {
  const parts: AggregatePart[] = [];
  let percentileColumn: string | undefined;
  const part = (name: string, aggregateFunction: AggregatePart["aggregateFunction"], of: string) => {
    const existing = parts.findIndex((each) => each.aggregateFunction === aggregateFunction && each.of === of);
    return existing >= 0 ? existing : parts.push({ name, aggregateFunction, of }) - 1;
  };
  const counted = (name: string, where: Where, column = "1") => part(name, "count", caseWhen(column, where, table));
  const summed = (name: string, column: string, where: Where) => part(name, "sum", caseWhen(column, where, table));

  const readers = Object.entries(contract.measures).map(
    ([name, { aggregation }]): [string, (aggregate: Aggregate) => number | string | null] => {
      const kindOfColumn = (column: string) => kindOf(contract.row.shape[column] as z.ZodType);
      const written =
        (column: string, existing = kindOfColumn(column)) =>
        (value: number | null) =>
          value === null ? null : toWire(existing, value, name);
      if ("count" in aggregation) return [name, at(counted(name, aggregation.count), (count) => count ?? 0)];
      if ("sum" in aggregation) {
        const write = written(aggregation.sum);
        return [name, at(summed(name, aggregation.sum, aggregation.where), (sum) => write(sum ?? 0))];
      }
      if ("least" in aggregation) return [name, at(part(name, "min", aggregation.least), written(aggregation.least))];
      if ("greatest" in aggregation)
        return [name, at(part(name, "max", aggregation.greatest), written(aggregation.greatest))];
      if ("rate" in aggregation)
        return [name, ratio(counted(`${name}_of`, aggregation.rate), counted(`${name}_among`, aggregation.among), 6)];
      if ("average" in aggregation) {
        const [sum, count] = [
          summed(`${name}_of`, aggregation.average, aggregation.where),
          counted(name.replace(/_avg$/, "_known"), aggregation.where, aggregation.average),
        ];
        return [name, kindOfColumn(aggregation.average) === "usd" ? ratio(sum, count, 6, 6) : ratio(sum, count, 3)];
      }
      percentileColumn = aggregation.of;
      return [name, ({ occurrences }) => nearestRank(occurrences, aggregation.percentile)];
    },
  );

  const sums = parts.map(({ name, aggregateFunction }) => ({
    column: `sum_${name}`,
    merge: mergeFunctions[aggregateFunction],
  }));
  return {
    parts,
    /** The column whose percentiles are asked for. */
    percentileColumn,
    read: (aggregate: Aggregate) => Object.fromEntries(readers.map(([name, read]) => [name, read(aggregate)])),
    readOne: (aggregate: Aggregate, measure: string) =>
      readers.find(([name]) => name === measure)?.[1](aggregate) ?? null,
    empty: (): Aggregate => ({ parts: parts.map(() => null), occurrences: new Map() }),
    /** Adds a row that the database added up: its parts by their names, and its value of the column of percentiles as `spread`. */
    addRow: ({ parts: existing, occurrences }: Aggregate, row: StoredRow) => {
      sums.forEach(
        ({ column, merge }, index) =>
          (existing[index] = mergeParts(
            existing[index] ?? null,
            safeIntegerOrNull(row[column] as number | null),
            merge,
          )),
      );
      const value = row["spread"];
      if (typeof value === "number") occurrences.set(value, (occurrences.get(value) ?? 0) + Number(row["row_count"]));
    },
    add: (to: Aggregate, from: Aggregate) => {
      sums.forEach(
        ({ merge }, index) => (to.parts[index] = mergeParts(to.parts[index] ?? null, from.parts[index] ?? null, merge)),
      );
      for (const [value, count] of from.occurrences)
        to.occurrences.set(value, (to.occurrences.get(value) ?? 0) + count);
    },
  };
}

function safeIntegerOrNull(value: number | null): number | null {
  return value === null ? null : assertSafeInteger(value);
}

function mergeParts(
  one: number | null,
  other: number | null,
  merge: (one: number, other: number) => number,
): number | null {
  return one === null ? other : other === null ? one : merge(one, other);
}

function at(index: number, read: (part: number | null) => number | string | null) {
  return ({ parts }: Aggregate) => read(parts[index] ?? null);
}

/** A part for each of another, rounded to decimals of which the part counts so many: the products are whole, so that a half is a half. */
function ratio(of: number, among: number, places: number, counted = 0) {
  return ({ parts }: Aggregate) => {
    const count = parts[among] ?? 0;
    return count === 0 ? null : Math.round(((parts[of] ?? 0) * 10 ** (places - counted)) / count) / 10 ** places;
  };
}

/** Of the n values in order the one at place ⌈n × percentile/100⌉; null of none. */
function nearestRank(occurrences: Map<number, number>, percentile: number): number | null {
  const total = [...occurrences.values()].reduce((sum, count) => sum + count, 0);
  let place = Math.ceil((total * percentile) / 100);
  for (const [value, count] of [...occurrences].sort(([a], [b]) => a - b)) if ((place -= count) <= 0) return value;
  return null;
}

function toWire(kindOfColumn: ValueKind, value: number, measure: string): number | string {
  if (kindOfColumn === "instant") return new Date(value).toISOString();
  if (kindOfColumn !== "usd") return value;
  if (Math.abs(value / 1e6) > usdSumMax) throw inexactSumError("from", `\`${measure}\``);
  return value / 1e6;
}

/** A column where the conditions hold, else null. */
function caseWhen(column: string, where: Where, table: Table): string {
  const conditions = Object.entries(where).map(([name, condition]) => conditionSql(name, condition, table));
  if (conditions.length === 0) return column;
  return `case when ${conditions.join(" and ")} then ${column} end`;
}

function conditionSql(column: string, condition: Condition, table: Table): string {
  if (typeof condition === "object")
    return `${column} in (${condition.map((value) => (typeof value === "number" ? value : `'${value}'`)).join(", ")})`;
  if (condition === "known") return `${column} is not null`;
  if (condition === "unknown") return `${column} is null`;
  const reached = condition === "connected" ? "call.connected_at is not null" : "call.converted = 1";
  return `exists (select 1 from calls as call where call.organization_id = ${table}.organization_id and call.call_log_id = ${table}.call_log_id and ${reached})`;
}
