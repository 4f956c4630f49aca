import { Refusal } from "@moja/contracts";
import type { Knex } from "knex";
import type { StoredValue } from "../columns.ts";
import type { Scope, Stored, Table } from "../scope.ts";
import type { Group } from "./groups.ts";
import type { Measuring, Tally } from "./measures.ts";

/** Where rows are added up from: a list's table or its roll-ups, the column of their time, the SQL of each part, and the filters. */
export type Source = { table: Table; at: string; parts: { name: string; sql: string }[]; spread?: string | undefined; by: (readonly [sql: string, name: string])[]; narrow: (query: Knex.QueryBuilder) => Knex.QueryBuilder };

/** A window, and where its buckets start. */
export type Window = { from: number; to: number; starts: number[] };

/** What takes in a row that was added up: the values of its group, and its bucket. */
type Add = (values: StoredValue[], bucket: number, row: Stored) => void;

const dayMs = 24 * 60 * 60 * 1000;

/** The rows are added up a day at a time, or in so many steps: whoever shares SQLite's thread waits for no longer. */
const stepsMax = 400;

/** The most tallies that are held at once: one for each group and bucket that has rows. */
const talliesMax = 100_000;

/** Collects what the database added up, by group and bucket: each row is read once, so that all numbers of an answer agree. */
export function collector(measures: Measuring) {
  const groups = new Map<string, Group>();
  let held = 0;
  return {
    add: (values: StoredValue[], bucket: number, row: Stored) => {
      const key = JSON.stringify(values);
      const group = groups.get(key) ?? { values, whole: measures.nothing(), buckets: new Map<number, Tally>() };
      groups.set(key, group);
      const known = group.buckets.get(bucket);
      const tally = known ?? measures.nothing();
      if (!known && ++held > talliesMax) throw new Refusal("invalid_request", undefined, [{ path: "group_by", message: `gives more than ${talliesMax.toLocaleString("en")} groups and buckets: take fewer dimensions, a longer interval or a shorter window` }]);
      group.buckets.set(bucket, tally);
      measures.addRow(tally, row);
    },
    groups: (): Group[] => {
      for (const { whole, buckets } of groups.values()) for (const tally of buckets.values()) measures.add(whole, tally);
      return [...groups.values()];
    },
  };
}

/** Adds up a source's rows, by group and bucket. */
export async function addUp(scope: Scope, source: Source, window: Window, add: Add): Promise<void> {
  for (const { start, end, first, inside } of steps(window)) {
    const query = source.narrow(scope.from(source.table).where(source.at, ">=", start).where(source.at, "<", end));
    for (const row of await scope.readAside(addedUp(query, source, inside))) add(source.by.map(([, name]) => row[name] ?? null), first + Number(row["bucket"] ?? 0), row);
  }
}

/** Makes a query add up its rows: a row for each group, bucket, and value of the column of percentiles. */
function addedUp(query: Knex.QueryBuilder, { at, parts, spread, by }: Source, inside: number[]): Knex.QueryBuilder {
  const raw = (sql: string, bindings: number[] = []) => query.client.raw(sql, bindings) as Knex.Raw;
  const bucket = `case ${inside.map((_, index) => `when ${at} < ? then ${index}`).join(" ")} else ${inside.length} end`;
  const grouped: { sql: string; name: string; bindings?: number[] }[] = [...by.map(([sql, name]) => ({ sql, name })), ...(inside.length > 0 ? [{ sql: bucket, name: "bucket", bindings: inside }] : []), ...(spread === undefined ? [] : [{ sql: spread, name: "spread" }])];
  for (const { sql, name, bindings } of grouped) query.select(raw(`${sql} as ${name}`, bindings)).groupBy(name);
  return query.select(...parts.map(({ name, sql }) => raw(`${sql} as sum_${name}`)), raw("count(*) as row_count"));
}

/** The steps in which a window is read, each with the bucket that it begins in and the buckets that start inside of it. */
function* steps({ from, to, starts }: Window) {
  const length = Math.max(dayMs, Math.ceil((to - from) / stepsMax));
  for (let start = from, first = 0; start < to; start += length) {
    const end = Math.min(start + length, to);
    while ((starts[first + 1] ?? Infinity) <= start) first++;
    const inside: number[] = [];
    for (let next = first + 1; (starts[next] ?? Infinity) < end; next++) inside.push(starts[next] as number);
    yield { start, end, first, inside };
  }
}
