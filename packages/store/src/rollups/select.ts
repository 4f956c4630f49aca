import { dayMs, fourHoursMs, hourMs } from "../database/hours.ts";
import type { StoredValue } from "../database/row-types.ts";
import type { ActiveFilter } from "../queries/filters.ts";
import type { RowSource, Window } from "../queries/summary/aggregate.ts";
import type { SelectSources } from "../queries/summary/summary.ts";
import { refreshRollups } from "./refresh.ts";
import { callRollupSpec } from "./spec.ts";

/** The roll-ups from the longest to the shortest, and how much time of each is read at once. */
const granularities = [
  { table: "call_four_hours", ms: fourHoursMs, stepMs: 31 * dayMs },
  { table: "call_hours", ms: hourMs, stepMs: 8 * dayMs },
] as const;

type Granularity = (typeof granularities)[number];

/** With more segments than this, reading the rows is faster: years by day in a time zone that is off the four hours. */
const segmentsMax = 400;

/** Selects roll-ups for windows of a day or more, when filters and groups use at most one dimension, the same. */
export const selectCallRollups: SelectSources = async (tenant, window, { active, group_by }) => {
  const columns = [...new Set([...group_by, ...active.map(({ filter }) => filter.column)])];
  const [dimension = ""] = columns;
  const values = active.map(rollupValues);
  if (
    columns.length > 1 ||
    !callRollupSpec.dimensions.includes(dimension) ||
    values.includes(undefined) ||
    window.from < 0 ||
    window.to - window.from < dayMs
  )
    return undefined;
  const segments = segmentsOf(window);
  if (segments.length > segmentsMax || !(await refreshRollups(tenant, window))) return undefined;
  const sourceOf = ({ table, stepMs }: Granularity): RowSource => ({
    table,
    at: "start",
    stepMs,
    parts: callRollupSpec.parts.map((name) => ({ name, aggregateFunction: "sum", of: name })),
    groupBy: group_by.map(() => ["value", "g0"]),
    values: (row) => group_by.map(() => parseKeyValue(row["g0"])),
    applyFilters: (query) =>
      values.reduce((filtered, each = []) => filtered.whereIn("value", each), query.where({ dimension })),
  });
  return segments.map(({ from, to, granularity }) => ({ from, to, source: granularity && sourceOf(granularity) }));
};

function parseKeyValue(text: StoredValue | undefined): StoredValue {
  const value: StoredValue = JSON.parse(String(text));
  return value;
}

/** The values that a filter lets through, as roll-ups have them; undefined when it does not filter by values. */
function rollupValues({ filter: { operator }, values }: ActiveFilter): string[] | undefined {
  return operator === "any_of" || operator === "yes_or_no" ? values.map((value) => JSON.stringify(value)) : undefined;
}

type Segment = { from: number; to: number; granularity?: Granularity };

/**
 * Splits each bucket of a window into segments that roll-ups cover and the rest at its edges; joins those of one
 * source.
 */
function segmentsOf({ to, starts }: Window): Segment[] {
  const segments: Segment[] = [];
  for (const segment of starts.flatMap((start, index) => splitSegment(start, starts[index + 1] ?? to, granularities))) {
    const last = segments.at(-1);
    if (last && last.granularity === segment.granularity) last.to = segment.to;
    else segments.push(segment);
  }
  return segments;
}

/**
 * Splits a segment into the full periods of a granularity, and the rest before and after into those of shorter ones.
 */
function splitSegment(from: number, to: number, [granularity, ...shorter]: readonly Granularity[]): Segment[] {
  if (from >= to) return [];
  if (!granularity) return [{ from, to }];
  const { ms } = granularity;
  const [first, last] = [Math.ceil(from / ms) * ms, Math.floor(to / ms) * ms];
  if (first >= last) return splitSegment(from, to, shorter);
  return [
    ...splitSegment(from, first, shorter),
    { from: first, to: last, granularity },
    ...splitSegment(last, to, shorter),
  ];
}
