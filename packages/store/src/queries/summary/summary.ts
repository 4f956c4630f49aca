import {
  Refusal,
  summaryMax,
  windowOf,
  type Dimension,
  type Filter,
  type Interval,
  type Measure,
} from "@moja/contracts";
import type { z } from "zod";
import { hourMs } from "../../database/hours.ts";
import type { Table } from "../../database/tables.ts";
import type { Scope } from "../../tenant-scope.ts";
import { givenFilters, narrow, type Given } from "../filters.ts";
import { refuseInexact } from "../safe-integer.ts";
import { endsIn } from "../time-range.ts";
import { addUp, collector, type Source, type Window } from "./aggregate.ts";
import { bucketStarts } from "./buckets.ts";
import { grouping, inOrder, type Group } from "./groups.ts";
import { measuring, type Tally } from "./measures.ts";

/** What a summary's contract says of itself. */
type SummaryPromise = {
  row: z.ZodObject;
  at: string;
  id: string;
  filters: Record<string, Filter>;
  dimensions: Record<string, Dimension>;
  measures: Record<string, Measure>;
  output: z.ZodType;
};

type SummaryInput = {
  from?: string | undefined;
  to?: string | undefined;
  group_by?: string[] | undefined;
  interval?: Interval | undefined;
  time_zone: string;
  order_by: string;
  order: "asc" | "desc";
  top: number;
  [filter: string]: unknown;
};

/** A part of a window, and the roll-ups that stand for its rows where there are such. */
type Piece = { from: number; to: number; source: Source | undefined };

/** What roll-ups can stand for in a window: all of its pieces in order; undefined when the question is not theirs. */
export type RollUps = (
  scope: Scope,
  window: Window,
  asked: { given: Given[]; group_by: string[] },
) => Promise<Piece[] | undefined>;

/** Answers a summary from a list's table, or from its roll-ups where it has some. Rows, rest and totals, and each series, are made of one reading: they add up. */
export function answerSummary<P extends SummaryPromise>(promise: P, table: Table, rollUps?: RollUps) {
  const measures = measuring(promise, table);
  const groups = grouping(promise, table);

  return (scope: Scope, input: SummaryInput) => answer(scope, input).catch(refuseInexact("from"));

  async function answer(scope: Scope, input: SummaryInput): Promise<z.input<P["output"]>> {
    const { group_by = [], interval = null, time_zone, order_by, order, top } = input;
    const { given, applied: filters } = givenFilters(promise.filters, promise.row.shape, input);
    const { from, to } = windowOf(endsIn(time_zone, input));
    const starts = interval ? bucketStarts({ from, to }, interval, time_zone) : [from];
    refuseTooMany(starts.length, input);

    const found = await tallied(scope, { from, to, starts }, { given, group_by });
    const ordered = inOrder(
      group_by.length === 0 ? [together(found)] : found,
      ({ whole }) => measures.readOne(whole, order_by),
      order,
    );
    const [first, others] = [ordered.slice(0, top), ordered.slice(top)];
    const rest = others.length === 0 ? null : together(others);
    const nameOf = await groups.namer(scope, group_by, first, { from, to });
    return {
      data: first.map((group) => ({ group: nameOf(group), ...measures.read(group.whole), series: seriesOf(group) })),
      rest: rest && { groups: others.length, ...measures.read(rest.whole), series: seriesOf(rest) },
      totals: measures.read(wholeOf(found)),
      applied: {
        from: new Date(from).toISOString(),
        to: new Date(to).toISOString(),
        filters,
        group_by,
        interval,
        time_zone,
        order_by,
        order,
        top,
      },
    } as z.input<P["output"]>;

    function seriesOf({ buckets }: Group) {
      if (!interval) return null;
      return starts.map((start, index) => {
        const end = starts[index + 1] ?? to;
        return {
          start: new Date(start).toISOString(),
          end: new Date(end).toISOString(),
          hours: Math.round(((end - start) / hourMs) * 1e6) / 1e6,
          ...measures.read(buckets.get(index) ?? measures.nothing()),
        };
      });
    }
  }

  /** Every group, added up in each bucket: where roll-ups stand for the rows, only the edges are read row by row. */
  async function tallied(
    scope: Scope,
    window: Window,
    asked: { given: Given[]; group_by: string[] },
  ): Promise<Group[]> {
    const rows: Source = {
      table,
      at: promise.at,
      parts: measures.parts,
      spread: measures.spread,
      by: groups.columns(asked.group_by),
      values: (row) => groups.values(asked.group_by, row),
      narrow: (query) => narrow(query, asked.given, scope),
    };
    const { add, groups: all } = collector(measures);
    const pieces = await rollUps?.(scope, window, asked);
    for (const { from, to, source = rows } of pieces ?? [{ ...window, source: rows }])
      await addUp(scope, source, { from, to, starts: window.starts }, add);
    return all();
  }

  /** What several groups are together, without their buckets. */
  function wholeOf(several: Group[]): Tally {
    const one = measures.nothing();
    for (const { whole } of several) measures.add(one, whole);
    return one;
  }

  /** Several groups as one. */
  function together(several: Group[]): Group {
    const one: Group = { values: [], whole: wholeOf(several), buckets: new Map() };
    for (const { buckets } of several) {
      for (const [bucket, tally] of buckets) {
        const sum = one.buckets.get(bucket) ?? measures.nothing();
        measures.add(sum, tally);
        one.buckets.set(bucket, sum);
      }
    }
    return one;
  }
}

/** Refuses series that would be more than an answer holds, whatever the rows are: it does not depend on today's groups. */
function refuseTooMany(buckets: number, { interval, group_by, top }: SummaryInput): void {
  const rows = group_by ? top + 1 : 1;
  if (!interval || buckets * rows <= summaryMax.buckets) return;
  const fits = Math.floor(summaryMax.buckets / buckets) - 1;
  throw new Refusal("invalid_request", undefined, [
    {
      path: "interval",
      message: `gives up to ${(buckets * rows).toLocaleString("en")} buckets (${buckets.toLocaleString("en")} for each of ${rows} rows), and ${summaryMax.buckets.toLocaleString("en")} is the most: take a longer interval, a shorter window${fits > 0 ? `, or \`top\` ${fits} at most` : ""}`,
    },
  ]);
}
