import type { Condition, Where } from "@moja/contracts";
import type { StoredRow } from "../../database/row-types.ts";
import type { Table } from "../../database/tables.ts";
import { assertSafeInteger } from "../safe-integer.ts";

/** An aggregate function over a column or an expression, which gives integers. */
export type AggregatePart = { name: string; aggregateFunction: "count" | "sum" | "min" | "max"; of: string };

/** How the values of a part are combined. */
const mergeFunctions: Record<AggregatePart["aggregateFunction"], (one: number, other: number) => number> = {
  count: (one, other) => one + other,
  sum: (one, other) => assertSafeInteger(one + other),
  min: Math.min,
  max: Math.max,
};

/** The values of a summary's parts over some rows. */
export type Aggregate = {
  /** The parts in order, null where there is nothing to aggregate. */
  parts: (number | null)[];
  /** How often each value of the column of percentiles occurs. */
  occurrences: Map<number, number>;
};

/** The name of the column of percentiles in an aggregated row. */
export const percentileValue = "spread";

/** Collects a summary's parts, each function of each expression once, and the column of its percentiles. */
export class PartList {
  readonly parts: AggregatePart[] = [];
  percentileColumn: string | undefined;
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  /** Adds a part unless an equal one exists, and returns its index. */
  add(part: AggregatePart): number {
    const { aggregateFunction, of } = part;
    const existing = this.parts.findIndex((each) => each.aggregateFunction === aggregateFunction && each.of === of);
    return existing >= 0 ? existing : this.parts.push(part) - 1;
  }

  /** Counts the rows where the conditions hold, or those among them that have a value in `column`. */
  count(name: string, where: Where, column = "1"): number {
    return this.add({ name, aggregateFunction: "count", of: caseWhen(column, where, this.#table) });
  }

  /** Sums a column up where the conditions hold. */
  sum(name: string, where: Where, column: string): number {
    return this.add({ name, aggregateFunction: "sum", of: caseWhen(column, where, this.#table) });
  }
}

/** Creates and merges the aggregates of parts. */
export function aggregateMerger(parts: AggregatePart[]) {
  const columns = parts.map(({ name, aggregateFunction }) => ({
    name: `sum_${name}`,
    merge: mergeFunctions[aggregateFunction],
  }));

  function mergeAt(index: number, to: Aggregate, value: number | null): void {
    const existing = to.parts[index] ?? null;
    to.parts[index] = existing === null || value === null ? (existing ?? value) : merge(index, existing, value);
  }
  const merge = (index: number, one: number, other: number) => columns[index]?.merge(one, other) ?? one;
  const addOccurrences = ({ occurrences }: Aggregate, value: number, count: number) =>
    occurrences.set(value, (occurrences.get(value) ?? 0) + count);

  return {
    empty: (): Aggregate => ({ parts: parts.map(() => null), occurrences: new Map() }),
    /** Adds a row of the aggregate query. */
    addRow: (to: Aggregate, row: StoredRow) => {
      columns.forEach(({ name }, index) => mergeAt(index, to, safeIntegerOrNull(row[name] ?? null)));
      const value = row[percentileValue];
      if (typeof value === "number") addOccurrences(to, value, Number(row["row_count"]));
    },
    /** Adds another aggregate. */
    add: (to: Aggregate, from: Aggregate) => {
      from.parts.forEach((value, index) => mergeAt(index, to, value));
      for (const [value, count] of from.occurrences) addOccurrences(to, value, count);
    },
  };
}

function safeIntegerOrNull(value: StoredRow[string]): number | null {
  return value === null ? null : assertSafeInteger(Number(value));
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
  return `exists (select 1 from calls as call where call.organization_id = ${table}.organization_id
    and call.call_log_id = ${table}.call_log_id and ${reached})`;
}
