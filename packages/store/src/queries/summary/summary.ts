import {
  ApiError,
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
import type { TenantScope } from "../../tenant-scope.ts";
import { activeFilters, applyFilters, type ActiveFilter } from "../filters.ts";
import { rejectInexactSum } from "../safe-integer.ts";
import { windowBounds } from "../time-range.ts";
import { aggregateRows, groupCollector, type RowSource, type Window } from "./aggregate.ts";
import { bucketStarts } from "./buckets.ts";
import { groupReader, sortGroups, type Group } from "./groups.ts";
import { measureReader, type Aggregate } from "./measures.ts";

/** What a summary's contract says of itself. */
type SummaryContract = {
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
type SourceSegment = { from: number; to: number; source: RowSource | undefined };

/** What roll-ups can stand for in a window: all of its pieces in order; undefined when the question is not theirs. */
export type SelectSources = (
  tenant: TenantScope,
  window: Window,
  selection: { active: ActiveFilter[]; group_by: string[] },
) => Promise<SourceSegment[] | undefined>;

/** Answers a summary from a list's table, or from its roll-ups where it has some. Rows, rest and totals, and each series, are made of one reading: they add up. */
export function summaryResolver<C extends SummaryContract>(contract: C, table: Table, selectSources?: SelectSources) {
  const measures = measureReader(contract, table);
  const groups = groupReader(contract, table);

  return (tenant: TenantScope, input: SummaryInput) => summarize(tenant, input).catch(rejectInexactSum("from"));

  async function summarize(tenant: TenantScope, input: SummaryInput): Promise<z.input<C["output"]>> {
    const { group_by = [], interval = null, time_zone, order_by, order, top } = input;
    const { active, applied: filters } = activeFilters(contract.filters, contract.row.shape, input);
    const { from, to } = windowOf(windowBounds(time_zone, input));
    const starts = interval ? bucketStarts({ from, to }, interval, time_zone) : [from];
    rejectTooManyBuckets(starts.length, input);

    const allGroups = await aggregateGroups(tenant, { from, to, starts }, { active, group_by });
    const ordered = sortGroups(
      group_by.length === 0 ? [mergeGroups(allGroups)] : allGroups,
      ({ total }) => measures.readOne(total, order_by),
      order,
    );
    const [topGroups, otherGroups] = [ordered.slice(0, top), ordered.slice(top)];
    const rest = otherGroups.length === 0 ? null : mergeGroups(otherGroups);
    const nameOf = await groups.namer(tenant, group_by, topGroups, { from, to });
    return {
      data: topGroups.map((group) => ({
        group: nameOf(group),
        ...measures.read(group.total),
        series: seriesOf(group),
      })),
      rest: rest && { groups: otherGroups.length, ...measures.read(rest.total), series: seriesOf(rest) },
      totals: measures.read(totalOf(allGroups)),
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
    } as z.input<C["output"]>;

    function seriesOf({ buckets }: Group) {
      if (!interval) return null;
      return starts.map((start, index) => {
        const end = starts[index + 1] ?? to;
        return {
          start: new Date(start).toISOString(),
          end: new Date(end).toISOString(),
          hours: Math.round(((end - start) / hourMs) * 1e6) / 1e6,
          ...measures.read(buckets.get(index) ?? measures.empty()),
        };
      });
    }
  }

  /** Every group, added up in each bucket: where roll-ups stand for the rows, only the edges are read row by row. */
  async function aggregateGroups(
    tenant: TenantScope,
    window: Window,
    selection: { active: ActiveFilter[]; group_by: string[] },
  ): Promise<Group[]> {
    const rows: RowSource = {
      table,
      at: contract.at,
      parts: measures.parts,
      percentileColumn: measures.percentileColumn,
      groupBy: groups.columns(selection.group_by),
      values: (row) => groups.values(selection.group_by, row),
      applyFilters: (query) => applyFilters(query, selection.active, tenant),
    };
    const { add, groups: all } = groupCollector(measures);
    const segments = await selectSources?.(tenant, window, selection);
    for (const { from, to, source = rows } of segments ?? [{ ...window, source: rows }])
      await aggregateRows(tenant, source, { from, to, starts: window.starts }, add);
    return all();
  }

  /** What several groups are together, without their buckets. */
  function totalOf(groupsToMerge: Group[]): Aggregate {
    const merged = measures.empty();
    for (const { total } of groupsToMerge) measures.add(merged, total);
    return merged;
  }

  /** Several groups as one. */
  function mergeGroups(groupsToMerge: Group[]): Group {
    const merged: Group = { values: [], total: totalOf(groupsToMerge), buckets: new Map() };
    for (const { buckets } of groupsToMerge) {
      for (const [bucket, aggregate] of buckets) {
        const sum = merged.buckets.get(bucket) ?? measures.empty();
        measures.add(sum, aggregate);
        merged.buckets.set(bucket, sum);
      }
    }
    return merged;
  }
}

/** Refuses series that would be more than an answer holds, whatever the rows are: it does not depend on today's groups. */
function rejectTooManyBuckets(buckets: number, { interval, group_by, top }: SummaryInput): void {
  const rows = group_by ? top + 1 : 1;
  if (!interval || buckets * rows <= summaryMax.buckets) return;
  const fits = Math.floor(summaryMax.buckets / buckets) - 1;
  throw new ApiError("invalid_request", undefined, [
    {
      path: "interval",
      message: `gives up to ${(buckets * rows).toLocaleString("en")} buckets (${buckets.toLocaleString("en")} for each of ${rows} rows), and ${summaryMax.buckets.toLocaleString("en")} is the most: take a longer interval, a shorter window${fits > 0 ? `, or \`top\` ${fits} at most` : ""}`,
    },
  ]);
}
