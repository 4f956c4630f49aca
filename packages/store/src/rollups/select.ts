import { keep } from "../database/column-codecs.ts";
import { dayMs, fourHoursMs, hourMs } from "../database/hours.ts";
import type { StoredValue } from "../database/row-types.ts";
import type { Table } from "../database/tables.ts";
import type { Given } from "../queries/filters.ts";
import type { Source, Window } from "../queries/summary/aggregate.ts";
import type { RollUps } from "../queries/summary/summary.ts";
import { plan } from "./spec.ts";

/** The roll-ups, those of longer stretches first, and how much of them is read at once. */
const lengths = [
  { table: "call_four_hours", ms: fourHoursMs, stepMs: 31 * dayMs },
  { table: "call_hours", ms: hourMs, stepMs: 8 * dayMs },
] as const satisfies { table: Table; ms: number; stepMs: number }[];

/** In more pieces than this a window is read faster from the rows: years by day where the clock is off the four hours. */
const piecesMax = 400;

/** Calls rolled up stand for the calls of a day or more when the filters and the groups are by one and the same dimension, or there are none. */
export const callRollUps: RollUps = async (scope, window, { given, group_by }) => {
  const asked = [...new Set([...group_by, ...given.map(({ filter }) => filter.column)])];
  const [dimension = ""] = asked;
  const values = given.map(valuesOf);
  if (
    asked.length > 1 ||
    !plan.dimensions.includes(dimension) ||
    values.includes(undefined) ||
    window.from < 0 ||
    window.to - window.from < dayMs
  )
    return undefined;
  const cuts = pieces(window);
  if (cuts.length > piecesMax || !(await scope.refreshRollups(window))) return undefined;
  const sources = new Map(
    lengths.map(({ table, stepMs }): [string, Source] => [
      table,
      {
        table,
        at: "start",
        stepMs,
        parts: plan.parts.map((name) => ({ name, by: "sum", of: name })),
        by: group_by.map(() => ["value", "g0"]),
        values: (row) => group_by.map(() => JSON.parse(String(row["g0"])) as StoredValue),
        narrow: (query) =>
          values.reduce((narrowed, each = []) => narrowed.whereIn("value", each), query.where({ dimension })),
      },
    ]),
  );
  return cuts.map(({ from, to, table }) => ({ from, to, source: table && sources.get(table) }));
};

/** The values that a filter lets through, as roll-ups have them; undefined when it is none by values. */
function valuesOf({ filter, field, value }: Given): string[] | undefined {
  if (filter.test === "any_of") return (value as unknown[]).map((each) => JSON.stringify(keep(field, each)));
  return filter.test === "yes_or_no" ? [value === "yes" ? "1" : "0"] : undefined;
}

type Cut = { from: number; to: number; table?: (typeof lengths)[number]["table"] };

/** Cuts a window into stretches that roll-ups stand for, and what is left over at the edges of its buckets. */
function pieces({ to, starts }: Window): Cut[] {
  const found: Cut[] = [];
  for (const piece of starts.flatMap((start, index) => cut(start, starts[index + 1] ?? to, lengths))) {
    const last = found.at(-1);
    if (last && last.table === piece.table) last.to = piece.to;
    else found.push(piece);
  }
  return found;
}

/** Cuts a stretch into full lengths, and what is left before and after them into shorter ones. */
function cut(from: number, to: number, [length, ...shorter]: readonly (typeof lengths)[number][]): Cut[] {
  if (from >= to) return [];
  if (!length) return [{ from, to }];
  const [first, last] = [Math.ceil(from / length.ms) * length.ms, Math.floor(to / length.ms) * length.ms];
  if (first >= last) return cut(from, to, shorter);
  return [...cut(from, first, shorter), { from: first, to: last, table: length.table }, ...cut(last, to, shorter)];
}
