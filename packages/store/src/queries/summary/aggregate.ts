import { ApiError } from "@moja/contracts";
import type { Knex } from "knex";
import { clientOf } from "../../database/dialect.ts";
import { dayMs } from "../../database/hours.ts";
import type { StoredRow, StoredValue } from "../../database/row-types.ts";
import { readHeavyQuery } from "../../database/sqlite/read-pool.ts";
import type { Table } from "../../database/tables.ts";
import type { TenantScope } from "../../tenant-scope.ts";
import { percentileValue, type Aggregate, type AggregatePart } from "./aggregate-parts.ts";
import type { Group } from "./groups.ts";
import type { MeasureReader } from "./measures.ts";

/** Where rows are read and added up from: a list's table, or its roll-ups. */
export type RowSource = {
  table: Table;
  /** The column of a row's time. */
  at: string;
  /** How many milliseconds of the window one query reads; a day by default. */
  stepMs?: number;
  parts: AggregatePart[];
  percentileColumn?: string | undefined;
  groupBy: (readonly [sql: string, name: string])[];
  /** Reads the values of a row's group. */
  values: (row: StoredRow) => StoredValue[];
  applyFilters: (query: Knex.QueryBuilder) => Knex.QueryBuilder;
};

/** A window, and the starts of its buckets. */
export type Window = { from: number; to: number; starts: number[] };

/** An aggregated row with the values of its group and the index of its bucket. */
type BucketRow = { values: StoredValue[]; bucket: number; row: StoredRow };

/** The most queries that a window is split into: short ones, so that other requests for SQLite's processes wait less. */
const stepsMax = 400;

/** The most aggregates that are held at once: one for each group and bucket that has rows. */
const aggregatesMax = 100_000;

/** Collects aggregated rows by group and bucket. Each row is read once, so that all numbers of a response agree. */
export function groupCollector(measures: MeasureReader) {
  const groups = new Map<string, Group>();
  let aggregates = 0;

  function aggregateOf(values: StoredValue[], bucket: number): Aggregate {
    const key = JSON.stringify(values);
    const group: Group = groups.get(key) ?? { values, total: measures.empty(), buckets: new Map() };
    groups.set(key, group);
    const existing = group.buckets.get(bucket);
    if (existing) return existing;
    if (++aggregates > aggregatesMax) throw tooManyAggregatesError();
    const aggregate = measures.empty();
    group.buckets.set(bucket, aggregate);
    return aggregate;
  }

  return {
    add: ({ values, bucket, row }: BucketRow) => measures.addRow(aggregateOf(values, bucket), row),
    groups: (): Group[] => {
      for (const { total, buckets } of groups.values())
        for (const aggregate of buckets.values()) measures.add(total, aggregate);
      return [...groups.values()];
    },
  };
}

function tooManyAggregatesError(): ApiError {
  const gives = `gives more than ${aggregatesMax.toLocaleString("en")} groups and buckets`;
  return new ApiError("invalid_request", undefined, [
    { path: "group_by", message: `${gives}: take fewer dimensions, a longer interval or a shorter window` },
  ]);
}

/** Reads a window of a source as aggregated rows, one for each group and bucket, step by step. */
export async function* aggregateRows(
  tenant: TenantScope,
  source: RowSource,
  window: Window,
): AsyncGenerator<BucketRow[], void, void> {
  for (const { start, end, first, inside } of steps(window, source.stepMs)) {
    const rows = tenant.from(source.table).where(source.at, ">=", start).where(source.at, "<", end);
    const aggregated = await readHeavyQuery(toAggregateQuery(source.applyFilters(rows), source, inside), tenant);
    yield aggregated.map((row) => ({ values: source.values(row), bucket: first + Number(row["bucket"] ?? 0), row }));
  }
}

/** Aggregates a query's rows: one row for each group, bucket, and value of the column of percentiles. */
function toAggregateQuery(
  query: Knex.QueryBuilder,
  { at, parts, percentileColumn, groupBy }: RowSource,
  starts: number[],
): Knex.QueryBuilder {
  const raw = (sql: string, bindings: number[] = []): Knex.Raw => clientOf(query).raw(sql, bindings);
  const grouped: { sql: string; name: string; bindings?: number[] }[] = groupBy.map(([sql, name]) => ({ sql, name }));
  if (starts.length > 0) grouped.push({ ...bucketSql(at, starts), name: "bucket" });
  if (percentileColumn !== undefined) grouped.push({ sql: percentileColumn, name: percentileValue });
  for (const { sql, name, bindings } of grouped) query.select(raw(`${sql} as ${name}`, bindings)).groupBy(name);
  return query.select(
    ...parts.map(({ name, aggregateFunction, of }) => raw(`${aggregateFunction}(${of}) as sum_${name}`)),
    raw("count(*) as row_count"),
  );
}

/**
 * The index of the bucket that a time lies in. It is a binary search, since every row would walk a list of hundreds.
 */
function bucketSql(at: string, starts: number[], first = 0): { sql: string; bindings: number[] } {
  const half = Math.floor(starts.length / 2);
  const middle = starts[half];
  if (middle === undefined) return { sql: String(first), bindings: [] };
  const before = bucketSql(at, starts.slice(0, half), first);
  const after = bucketSql(at, starts.slice(half + 1), first + half + 1);
  return {
    sql: `case when ${at} < ? then ${before.sql} else ${after.sql} end`,
    bindings: [middle, ...before.bindings, ...after.bindings],
  };
}

/**
 * The steps that read a window: each with the index of its first bucket, and the starts of those that begin inside it.
 */
function* steps({ from, to, starts }: Window, stepMs = dayMs) {
  const length = Math.max(stepMs, Math.ceil((to - from) / stepsMax));
  for (let start = from, first = 0; start < to; start += length) {
    const end = Math.min(start + length, to);
    while ((starts[first + 1] ?? Infinity) <= start) first++;
    const inside: number[] = [];
    for (const next of starts.slice(first + 1)) {
      if (next >= end) break;
      inside.push(next);
    }
    yield { start, end, first, inside };
  }
}
