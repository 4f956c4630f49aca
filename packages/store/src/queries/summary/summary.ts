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
import { activeFilters, applyFilters, type ActiveFilter, type FilterInput } from "../filters.ts";
import { rejectInexactSum } from "../safe-integer.ts";
import { windowBounds } from "../time-range.ts";
import { aggregateRows, groupCollector, type RowSource, type Window } from "./aggregate.ts";
import { bucketStarts } from "./buckets.ts";
import { groupReader, mergeGroups, sortGroups, totalOf, type Group } from "./groups.ts";
import { measureReader, type MeasureReader } from "./measures.ts";

/** The parts of a summary's contract that its query uses. */
type SummaryContract = {
  row: z.ZodObject;
  /** The column of a row's time. */
  at: string;
  /** The column that identifies a row. */
  id: string;
  filters: Record<string, Filter>;
  dimensions: Record<string, Dimension>;
  measures: Record<string, Measure>;
  output: z.ZodType;
};

type SummaryInput = FilterInput & {
  from?: string | undefined;
  to?: string | undefined;
  group_by?: string[] | undefined;
  interval?: Interval | undefined;
  time_zone: string;
  order_by: string;
  order: "asc" | "desc";
  top: number;
};

/** The rows and groups that a summary is about. */
type Selection = { active: ActiveFilter[]; group_by: string[] };

/** A part of a window, and the source that replaces the list's rows there, if any. */
type SourceSegment = { from: number; to: number; source: RowSource | undefined };

/**
 * Splits a window into segments in order, by the sources that can replace rows; undefined when only rows can answer.
 */
export type SelectSources = (
  tenant: TenantScope,
  window: Window,
  selection: Selection,
) => Promise<SourceSegment[] | undefined>;

/**
 * Creates the resolver of a summary of one table, or of its roll-ups where `selectSources` has some. Rows, rest, totals
 * and each series come from one reading, so that they add up.
 */
export function summaryResolver<C extends SummaryContract>(contract: C, table: Table, selectSources?: SelectSources) {
  const measures = measureReader(contract, table);
  const groupsBy = groupReader(contract, table);

  return (tenant: TenantScope, input: SummaryInput) =>
    tenant.readHeavily((heavy) => summarize(heavy, input)).catch(rejectInexactSum("from"));

  async function summarize(tenant: TenantScope, input: SummaryInput): Promise<z.input<C["output"]>> {
    const { group_by = [], interval = null, time_zone, order_by, order, top } = input;
    const { active, applied: filters } = activeFilters(contract, table, input);
    // A series over all time would be decades of empty buckets.
    const overAllTime = !interval && active.some(({ filter }) => filter.overAllTime);
    const { from, to } = windowOf({ ...windowBounds(time_zone, input), overAllTime });
    const starts = interval ? bucketStarts({ from, to }, interval, time_zone) : [from];
    rejectTooManyBuckets(starts.length, input);

    const window = { from, to, starts };
    const groups = await readGroups(tenant, window, { active, group_by });
    const rows = group_by.length === 0 ? [mergeGroups(measures, groups)] : groups;
    const measure = ({ total }: Group) => measures.readOne(total, order_by);
    const rank = await groupsBy(group_by).ranker(tenant, rows);
    const ordered = sortGroups(rows, { measure, rank }, order);
    const topGroups = ordered.slice(0, top);
    const others = ordered.slice(top);
    const renderGroup = await groupsBy(group_by).namer(tenant, topGroups, window);
    const measured = (group: Group) => ({
      ...measures.read(group.total),
      series: interval && seriesOf(measures, window, group),
    });
    const output = {
      data: topGroups.map((group) => ({ group: renderGroup(group), ...measured(group) })),
      rest: others.length === 0 ? null : { groups: others.length, ...measured(mergeGroups(measures, others)) },
      totals: measures.read(totalOf(measures, groups)),
      applied: { ...toInstants(window), filters, group_by, interval, time_zone, order_by, order, top },
    };
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- built from the contract's own measures
    return output as z.input<C["output"]>;
  }

  /**
   * Reads every group's aggregates in each bucket. Sources replace rows, which are then read at the window's edges
   * only.
   */
  async function readGroups(tenant: TenantScope, window: Window, selection: Selection): Promise<Group[]> {
    const { columns, values } = groupsBy(selection.group_by);
    const rows: RowSource = {
      table,
      at: contract.at,
      parts: measures.parts,
      percentileColumn: measures.percentileColumn,
      groupBy: columns,
      values,
      applyFilters: (query) => applyFilters(query, selection.active, tenant),
    };
    const collector = groupCollector(measures);
    const segments = (await selectSources?.(tenant, window, selection)) ?? [{ ...window, source: rows }];
    for (const { from, to, source = rows } of segments)
      for await (const batch of aggregateRows(tenant, source, { ...window, from, to })) batch.forEach(collector.add);
    return collector.groups();
  }
}

/** A group's measures in each bucket of a window. */
function seriesOf(measures: MeasureReader, { to, starts }: Window, { buckets }: Group) {
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

function toInstants({ from, to }: Window) {
  return { from: new Date(from).toISOString(), to: new Date(to).toISOString() };
}

/**
 * Rejects series beyond the maximum by the request's own numbers, so that it does not depend on the rows of the day.
 */
function rejectTooManyBuckets(buckets: number, { interval, group_by, top }: SummaryInput): void {
  const rows = group_by ? top + 1 : 1;
  if (!interval || buckets * rows <= summaryMax.buckets) return;
  const fits = Math.floor(summaryMax.buckets / buckets) - 1;
  const format = (count: number) => count.toLocaleString("en");
  const gives = `gives up to ${format(buckets * rows)} buckets (${format(buckets)} for each of ${rows} rows)`;
  const cure = `take a longer interval, a shorter window${fits > 0 ? `, or \`top\` ${fits} at most` : ""}`;
  throw new ApiError("invalid_request", undefined, [
    { path: "interval", message: `${gives}, and ${format(summaryMax.buckets)} is the most: ${cure}` },
  ]);
}
