import { ApiError } from "@moja/contracts";
import type { Knex } from "knex";
import { dayMs } from "../../database/hours.ts";
import type { StoredRow, StoredValue } from "../../database/row-types.ts";
import type { Table } from "../../database/tables.ts";
import type { TenantScope } from "../../tenant-scope.ts";
import type { Group } from "./groups.ts";
import type { Aggregate, AggregatePart, MeasureReader } from "./measures.ts";

/** Where rows are added up from: a list's table or its roll-ups, the column of their time, how much of it is read at once if not a day, the parts, by what they are grouped and a group's values, and the filters. */
export type RowSource = {
  table: Table;
  at: string;
  stepMs?: number;
  parts: AggregatePart[];
  percentileColumn?: string | undefined;
  groupBy: (readonly [sql: string, name: string])[];
  values: (row: StoredRow) => StoredValue[];
  applyFilters: (query: Knex.QueryBuilder) => Knex.QueryBuilder;
};

/** A window, and where its buckets start. */
export type Window = { from: number; to: number; starts: number[] };

/** What takes in a row that was added up: the values of its group, and its bucket. */
type AddRow = (values: StoredValue[], bucket: number, row: StoredRow) => void;

/** Rows are added up a day at a time, or in so many steps: whoever shares SQLite's thread waits for no longer. */
const stepsMax = 400;

/** The most tallies that are held at once: one for each group and bucket that has rows. */
const aggregatesMax = 100_000;

/** Collects what the database added up, by group and bucket: each row is read once, so that all numbers of an answer agree. */
export function groupCollector(measures: MeasureReader) {
  const groups = new Map<string, Group>();
  let aggregates = 0;
  return {
    add: (values: StoredValue[], bucket: number, row: StoredRow) => {
      const key = JSON.stringify(values);
      const group = groups.get(key) ?? { values, total: measures.empty(), buckets: new Map<number, Aggregate>() };
      groups.set(key, group);
      const existing = group.buckets.get(bucket);
      const aggregate = existing ?? measures.empty();
      if (!existing && ++aggregates > aggregatesMax)
        throw new ApiError("invalid_request", undefined, [
          {
            path: "group_by",
            message: `gives more than ${aggregatesMax.toLocaleString("en")} groups and buckets: take fewer dimensions, a longer interval or a shorter window`,
          },
        ]);
      group.buckets.set(bucket, aggregate);
      measures.addRow(aggregate, row);
    },
    groups: (): Group[] => {
      for (const { total, buckets } of groups.values())
        for (const aggregate of buckets.values()) measures.add(total, aggregate);
      return [...groups.values()];
    },
  };
}

/** Adds up a source's rows, by group and bucket. */
export async function aggregateRows(
  tenant: TenantScope,
  source: RowSource,
  window: Window,
  add: AddRow,
): Promise<void> {
  for (const { start, end, first, inside } of steps(window, source.stepMs)) {
    const query = source.applyFilters(
      tenant.from(source.table).where(source.at, ">=", start).where(source.at, "<", end),
    );
    for (const row of await tenant.readInWorker(toAggregateQuery(query, source, inside)))
      add(source.values(row), first + Number(row["bucket"] ?? 0), row);
  }
}

/** Makes a query add up its rows: a row for each group, bucket, and value of the column of percentiles. */
function toAggregateQuery(
  query: Knex.QueryBuilder,
  { at, parts, percentileColumn, groupBy: groups }: RowSource,
  inside: number[],
): Knex.QueryBuilder {
  const raw = (sql: string, bindings: number[] = []) => query.client.raw(sql, bindings) as Knex.Raw;
  const bucket = bucketSql(at, inside);
  const grouped: { sql: string; name: string; bindings?: number[] }[] = [
    ...groups.map(([sql, name]) => ({ sql, name })),
    ...(inside.length > 0 ? [{ ...bucket, name: "bucket" }] : []),
    ...(percentileColumn === undefined ? [] : [{ sql: percentileColumn, name: "spread" }]),
  ];
  for (const { sql, name, bindings } of grouped) query.select(raw(`${sql} as ${name}`, bindings)).groupBy(name);
  return query.select(
    ...parts.map(({ name, aggregateFunction, of }) => raw(`${aggregateFunction}(${of}) as sum_${name}`)),
    raw("count(*) as row_count"),
  );
}

/** Which bucket a moment lies in, of those that start at some moments: they are halved until one is left, since every row would walk a list of hundreds. */
function bucketSql(at: string, starts: number[], first = 0): { sql: string; bindings: number[] } {
  if (starts.length === 0) return { sql: String(first), bindings: [] };
  const half = Math.floor(starts.length / 2);
  const [before, after] = [
    bucketSql(at, starts.slice(0, half), first),
    bucketSql(at, starts.slice(half + 1), first + half + 1),
  ];
  return {
    sql: `case when ${at} < ? then ${before.sql} else ${after.sql} end`,
    bindings: [starts[half] as number, ...before.bindings, ...after.bindings],
  };
}

/** The steps in which a window is read, each with the bucket that it begins in and the buckets that start inside of it. */
function* steps({ from, to, starts }: Window, stepMs = dayMs) {
  const length = Math.max(stepMs, Math.ceil((to - from) / stepsMax));
  for (let start = from, first = 0; start < to; start += length) {
    const end = Math.min(start + length, to);
    while ((starts[first + 1] ?? Infinity) <= start) first++;
    const inside: number[] = [];
    for (let next = first + 1; (starts[next] ?? Infinity) < end; next++) inside.push(starts[next] as number);
    yield { start, end, first, inside };
  }
}
