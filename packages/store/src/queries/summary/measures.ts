import { inexactSum, usdSumMax, wordOf, type Condition, type Measure, type Where, type Word } from "@moja/contracts";
import type { z } from "zod";
import type { Stored } from "../../database/row-types.ts";
import type { Table } from "../../database/tables.ts";
import { exact } from "../safe-integer.ts";

/** What the database adds up over rows: a column or an expression, and by which function. Everything is an integer. */
export type Part = { name: string; by: "count" | "sum" | "min" | "max"; of: string };

/** How two of a part make one. */
const joins: Record<Part["by"], (one: number, other: number) => number> = {
  count: (one, other) => one + other,
  sum: (one, other) => exact(one + other),
  min: Math.min,
  max: Math.max,
};

/** What was added up: the parts in order, null where there is nothing, and how often each value of the column of percentiles occurs. */
export type Tally = { parts: (number | null)[]; occurrences: Map<number, number> };

/** How a report's measures are made. */
export type Measuring = ReturnType<typeof measuring>;

/** How a report's measures are made: the SQL of the parts that all of them need, and the reading of a measure from its tally. */
export function measuring(promise: { row: z.ZodObject; measures: Record<string, Measure> }, table: Table) {
  const parts: Part[] = [];
  let spread: string | undefined;
  const part = (name: string, by: Part["by"], of: string) => {
    const known = parts.findIndex((each) => each.by === by && each.of === of);
    return known >= 0 ? known : parts.push({ name, by, of }) - 1;
  };
  const counted = (name: string, where: Where, column = "1") => part(name, "count", chosen(column, where, table));
  const summed = (name: string, column: string, where: Where) => part(name, "sum", chosen(column, where, table));

  const readers = Object.entries(promise.measures).map(
    ([name, { making }]): [string, (tally: Tally) => number | string | null] => {
      const word = (column: string) => wordOf(promise.row.shape[column] as z.ZodType);
      const written =
        (column: string, known = word(column)) =>
        (value: number | null) =>
          value === null ? null : onWire(known, value, name);
      if ("count" in making) return [name, at(counted(name, making.count), (count) => count ?? 0)];
      if ("sum" in making) {
        const write = written(making.sum);
        return [name, at(summed(name, making.sum, making.where), (sum) => write(sum ?? 0))];
      }
      if ("least" in making) return [name, at(part(name, "min", making.least), written(making.least))];
      if ("greatest" in making) return [name, at(part(name, "max", making.greatest), written(making.greatest))];
      if ("rate" in making)
        return [name, ratio(counted(`${name}_of`, making.rate), counted(`${name}_among`, making.among), 6)];
      if ("average" in making) {
        const [sum, count] = [
          summed(`${name}_of`, making.average, making.where),
          counted(name.replace(/_avg$/, "_known"), making.where, making.average),
        ];
        return [name, word(making.average) === "usd" ? ratio(sum, count, 6, 6) : ratio(sum, count, 3)];
      }
      spread = making.of;
      return [name, ({ occurrences }) => nearestRank(occurrences, making.percentile)];
    },
  );

  const sums = parts.map(({ name, by }) => ({ column: `sum_${name}`, join: joins[by] }));
  return {
    parts,
    /** The column whose percentiles are asked for. */
    spread,
    read: (tally: Tally) => Object.fromEntries(readers.map(([name, read]) => [name, read(tally)])),
    readOne: (tally: Tally, measure: string) => readers.find(([name]) => name === measure)?.[1](tally) ?? null,
    nothing: (): Tally => ({ parts: parts.map(() => null), occurrences: new Map() }),
    /** Adds a row that the database added up: its parts by their names, and its value of the column of percentiles as `spread`. */
    addRow: ({ parts: known, occurrences }: Tally, row: Stored) => {
      sums.forEach(
        ({ column, join }, index) =>
          (known[index] = joined(known[index] ?? null, exactly(row[column] as number | null), join)),
      );
      const value = row["spread"];
      if (typeof value === "number") occurrences.set(value, (occurrences.get(value) ?? 0) + Number(row["row_count"]));
    },
    add: (to: Tally, from: Tally) => {
      sums.forEach(
        ({ join }, index) => (to.parts[index] = joined(to.parts[index] ?? null, from.parts[index] ?? null, join)),
      );
      for (const [value, count] of from.occurrences)
        to.occurrences.set(value, (to.occurrences.get(value) ?? 0) + count);
    },
  };
}

function exactly(value: number | null): number | null {
  return value === null ? null : exact(value);
}

function joined(one: number | null, other: number | null, join: (one: number, other: number) => number): number | null {
  return one === null ? other : other === null ? one : join(one, other);
}

function at(index: number, read: (part: number | null) => number | string | null) {
  return ({ parts }: Tally) => read(parts[index] ?? null);
}

/** A part for each of another, rounded to decimals of which the part counts so many: the products are whole, so that a half is a half. */
function ratio(of: number, among: number, places: number, counted = 0) {
  return ({ parts }: Tally) => {
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

function onWire(word: Word, value: number, measure: string): number | string {
  if (word === "instant") return new Date(value).toISOString();
  if (word !== "usd") return value;
  if (Math.abs(value / 1e6) > usdSumMax) throw inexactSum("from", `\`${measure}\``);
  return value / 1e6;
}

/** A column where the conditions hold, else null. */
function chosen(column: string, where: Where, table: Table): string {
  const conditions = Object.entries(where).map(([name, condition]) => conditionSql(name, condition, table));
  if (conditions.length === 0) return column;
  return `case when ${conditions.join(" and ")} then ${column} end`;
}

function conditionSql(column: string, condition: Condition, table: Table): string {
  if (typeof condition === "object")
    return `${column} in (${condition.map((value) => (typeof value === "number" ? value : `'${value}'`)).join(", ")})`;
  if (condition === "known") return `${column} is not null`;
  if (condition === "unknown") return `${column} is null`;
  const came = condition === "connected" ? "call.connected_at is not null" : "call.converted = 1";
  return `exists (select 1 from calls as call where call.organization_id = ${table}.organization_id and call.call_log_id = ${table}.call_log_id and ${came})`;
}
