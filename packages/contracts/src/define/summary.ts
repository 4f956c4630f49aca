import { z } from "zod";
import type { Tag } from "../operation-tags.ts";
import { keysOf, pluck } from "../typed-object.ts";
import type { Dimension } from "./dimensions.ts";
import { numberParameter, type Filter } from "./filters.ts";
import type { Measure } from "./measures.ts";
import { intervals, summaryOutput, type SummaryOutput } from "./summary-output.ts";
import { TimeZone } from "./time-zone.ts";

/** The limits of a summary. */
export const summaryMax = {
  /** How many dimensions it groups by at once. */
  dimensions: 3,
  /** How many groups it lists. */
  top: 1000,
  /** How many buckets it returns, over all of its rows. */
  buckets: 10_000,
} as const;

/** How many groups a summary lists when `top` is left out. */
const defaultTop = 100;

const topMessage = `must be a whole number from 1 to ${summaryMax.top}`;

/** The parameters of every summary, besides its list's window and filters, its dimensions and its measures. */
const parameters = {
  interval: z
    .enum(intervals)
    .meta({
      title: "Interval",
      description:
        "Adds to each row its series: one bucket for each hour, day, week (from Monday) or month of the clock in " +
        "`time_zone`, also where there is nothing. " +
        "An answer has at most 10,000 buckets, counted for `top` groups and the rest.",
      examples: ["day"],
    })
    .optional(),
  time_zone: TimeZone.meta({
    title: "Time zone",
    description: "The IANA time zone whose clock and calendar cut the buckets, and in which a date begins.",
    examples: ["America/New_York"],
  }).default("UTC"),
  order: z
    .enum(["desc", "asc"])
    .meta({ title: "Order", description: "`desc` the greatest first, `asc` the least first." })
    .default("desc"),
  top: numberParameter(z.int(topMessage).min(1, topMessage).max(summaryMax.top, topMessage))
    .meta({
      title: "Top",
      description: "How many groups stand by themselves; all others together are `rest`.",
      examples: [10],
    })
    .default(defaultTop),
};

/** What a summary takes from the contract of its list. */
type SummarizedList<Row extends z.ZodObject, Filters extends Record<string, Filter>> = {
  row: Row;
  at: string;
  id: string;
  filters: Filters;
  example: { output: unknown };
  input: z.ZodObject<
    { from: z.ZodOptional<z.ZodString>; to: z.ZodOptional<z.ZodString> } & {
      [Name in keyof Filters]: Filters[Name]["input"];
    }
  >;
};

/** Declares the operation that aggregates a list, by its window and filters: in total, by group, over time. */
export function summary<
  Row extends z.ZodObject,
  const Filters extends Record<string, Filter>,
  Dimensions extends Record<string, Dimension>,
  Measures extends Record<string, Measure>,
>({
  id,
  path,
  title,
  description,
  list,
  dimensions,
  measures,
  example,
}: {
  /** The name of its response's schema in the OpenAPI document. */
  id: string;
  path: `/v1/${string}`;
  title: string;
  description: string;
  list: SummarizedList<Row, Filters>;
  /** What it can be grouped by. */
  dimensions: Dimensions;
  /** What it computes. The first one orders the groups unless `order_by` names another. */
  measures: Measures;
  example: { input: Record<string, unknown>; output: z.output<SummaryOutput<Dimensions, Measures>> };
}) {
  const tag: Tag = "Summaries";
  return {
    path,
    list,
    dimensions,
    measures,
    example,
    shape: "summary" as const,
    tag,
    summary: title,
    description,
    row: list.row,
    at: list.at,
    id: list.id,
    filters: list.filters,
    input: summaryInput(list, dimensions, measures),
    output: summaryOutput({ id, title, row: list.row.shape, dimensions, measures }),
  };
}

function summaryInput<
  Filters extends Record<string, Filter>,
  Dimensions extends Record<string, Dimension>,
  Measures extends Record<string, Measure>,
>(list: SummarizedList<z.ZodObject, Filters>, dimensions: Dimensions, measures: Measures) {
  const { from, to } = list.input.shape;
  const { interval, time_zone, order, top } = parameters;
  const dimensionNames = keysOf(dimensions);
  const measureNames = keysOf(measures);
  return z.strictObject({
    from,
    to,
    group_by: z
      .array(z.enum(dimensionNames))
      .min(1)
      .max(summaryMax.dimensions)
      .refine((given) => new Set(given).size === given.length, "must name each dimension once")
      .meta({
        title: "Group by",
        description: "One row for each value of up to three dimensions. Left out: one row for everything.",
        examples: [dimensionNames.slice(0, 1)],
      })
      .optional(),
    interval,
    time_zone,
    order_by: z
      .enum(measureNames)
      .meta({
        title: "Order by",
        description:
          "The measure that orders the groups; where it is null they stand last, " +
          "and equals are in order of their values; values that are masked without `pii:read` come last of them, in no " +
          "order of their own.",
      })
      .default(measureNames[0]),
    order,
    top,
    ...pluck(list.filters, "input"),
  });
}
