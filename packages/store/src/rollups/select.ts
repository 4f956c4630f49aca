import { encode } from "../database/column-codecs.ts";
import { dayMs, fourHoursMs, hourMs } from "../database/hours.ts";
import type { StoredValue } from "../database/row-types.ts";
import type { Table } from "../database/tables.ts";
import type { ActiveFilter } from "../queries/filters.ts";
import type { RowSource, Window } from "../queries/summary/aggregate.ts";
import type { SelectSources } from "../queries/summary/summary.ts";
import { callRollupSpec } from "./spec.ts";

/** The roll-ups, those of longer stretches first, and how much of them is read at once. */
const granularities = [
  { table: "call_four_hours", ms: fourHoursMs, stepMs: 31 * dayMs },
  { table: "call_hours", ms: hourMs, stepMs: 8 * dayMs },
] as const satisfies { table: Table; ms: number; stepMs: number }[];

/** In more pieces than this a window is read faster from the rows: years by day where the clock is off the four hours. */
const segmentsMax = 400;

/** Calls rolled up stand for the calls of a day or more when the filters and the groups are by one and the same dimension, or there are none. */
export const selectCallRollups: SelectSources = async (tenant, window, { active, group_by }) => {
  const columns = [...new Set([...group_by, ...active.map(({ filter }) => filter.column)])];
  const [dimension = ""] = columns;
  const values = active.map(filterValues);
  if (
    columns.length > 1 ||
    !callRollupSpec.dimensions.includes(dimension) ||
    values.includes(undefined) ||
    window.from < 0 ||
    window.to - window.from < dayMs
  )
    return undefined;
  const segments = segmentsOf(window);
  if (segments.length > segmentsMax || !(await tenant.refreshRollups(window))) return undefined;
  const sources = new Map(
    granularities.map(({ table, stepMs }): [string, RowSource] => [
      table,
      {
        table,
        at: "start",
        stepMs,
        parts: callRollupSpec.parts.map((name) => ({ name, aggregateFunction: "sum", of: name })),
        groupBy: group_by.map(() => ["value", "g0"]),
        values: (row) => group_by.map(() => JSON.parse(String(row["g0"])) as StoredValue),
        applyFilters: (query) =>
          values.reduce((filtered, each = []) => filtered.whereIn("value", each), query.where({ dimension })),
      },
    ]),
  );
  return segments.map(({ from, to, table }) => ({ from, to, source: table && sources.get(table) }));
};

/** The values that a filter lets through, as roll-ups have them; undefined when it is none by values. */
function filterValues({ filter, field, value }: ActiveFilter): string[] | undefined {
  if (filter.operator === "any_of") return (value as unknown[]).map((each) => JSON.stringify(encode(field, each)));
  return filter.operator === "yes_or_no" ? [value === "yes" ? "1" : "0"] : undefined;
}

type Segment = { from: number; to: number; table?: (typeof granularities)[number]["table"] };

/** Cuts a window into stretches that roll-ups stand for, and what is left over at the edges of its buckets. */
function segmentsOf({ to, starts }: Window): Segment[] {
  const segments: Segment[] = [];
  for (const segment of starts.flatMap((start, index) => splitSegment(start, starts[index + 1] ?? to, granularities))) {
    const last = segments.at(-1);
    if (last && last.table === segment.table) last.to = segment.to;
    else segments.push(segment);
  }
  return segments;
}

/** Cuts a stretch into full lengths, and what is left before and after them into shorter ones. */
function splitSegment(
  from: number,
  to: number,
  [length, ...shorter]: readonly (typeof granularities)[number][],
): Segment[] {
  if (from >= to) return [];
  if (!length) return [{ from, to }];
  const [first, last] = [Math.ceil(from / length.ms) * length.ms, Math.floor(to / length.ms) * length.ms];
  if (first >= last) return splitSegment(from, to, shorter);
  return [
    ...splitSegment(from, first, shorter),
    { from: first, to: last, table: length.table },
    ...splitSegment(last, to, shorter),
  ];
}
