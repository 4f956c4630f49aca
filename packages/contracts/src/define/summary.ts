import { z } from "zod";
import { Instant, Json } from "../fields.ts";
import type { Tag } from "../operation-tags.ts";
import type { Dimension } from "./dimensions.ts";
import { numberParameter, type Filter } from "./filters.ts";
import type { Measure } from "./measures.ts";
import { TimeZone } from "./time-zone.ts";

/** The lengths of a bucket of time. */
const intervals = ["hour", "day", "week", "month"] as const;

/** The length of a bucket of time. */
export type Interval = (typeof intervals)[number];

/** The most that a summary answers: dimensions at once, groups that stand by themselves, and buckets of all its rows together. */
export const summaryMax = { dimensions: 3, top: 1000, buckets: 10_000 } as const;

/** How many groups stand by themselves when nothing is said. */
const defaultTop = 100;

const limit = `must be a whole number from 1 to ${summaryMax.top}`;

type ListOf<Row extends z.ZodObject, Filters extends Record<string, Filter>> = {
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

/** The column of a dimension's name, where it is an id. */
type NameOf<Of extends Dimension> = "name" extends keyof Of ? Extract<Of["name"], string> : never;

type GroupOf<Dimensions extends Record<string, Dimension>> = {
  [Name in keyof Dimensions]: z.ZodOptional<Dimensions[Name]["field"]>;
} & { [Name in keyof Dimensions as NameOf<Dimensions[Name]>]: z.ZodOptional<z.ZodNullable<z.ZodString>> };

type ValuesOf<Measures extends Record<string, Measure>> = { [Name in keyof Measures]: Measures[Name]["schema"] };

/** A summary: the rows of a list, by its own window and filters, as measures: of all, of groups, over time. */
export function summary<
  Row extends z.ZodObject,
  const Filters extends Record<string, Filter>,
  Dimensions extends Record<string, Dimension>,
  Measures extends Record<string, Measure>,
>(report: {
  id: string;
  path: `/v1/${string}`;
  title: string;
  description: string;
  list: ListOf<Row, Filters>;
  dimensions: Dimensions;
  measures: Measures;
  example: {
    input: Record<string, unknown>;
    output: z.output<z.ZodObject<OutputShape<Dimensions, Measures>, z.core.$strict>>;
  };
}) {
  const { list, dimensions, measures, title, description } = report;
  const { from, to } = list.input.shape;
  const names = Object.keys(measures) as [keyof Measures & string, ...(keyof Measures & string)[]];
  const filters = Object.fromEntries(Object.entries(list.filters).map(([name, filter]) => [name, filter.input])) as {
    [Name in keyof Filters]: Filters[Name]["input"];
  };
  const input = z.strictObject({
    from,
    to,
    group_by: z
      .array(z.enum(Object.keys(dimensions) as [keyof Dimensions & string, ...(keyof Dimensions & string)[]]))
      .min(1)
      .max(summaryMax.dimensions)
      .refine((given) => new Set(given).size === given.length, "must name each dimension once")
      .meta({
        title: "Group by",
        description: "One row for each value of up to three dimensions. Left out: one row for everything.",
        examples: [Object.keys(dimensions).slice(0, 1)],
      })
      .optional(),
    interval: z
      .enum(intervals)
      .meta({
        title: "Interval",
        description:
          "Adds to each row its series: one bucket for each hour, day, week (from Monday) or month of the clock in `time_zone`, also where there is nothing. An answer has at most 10,000 buckets, counted for `top` groups and the rest.",
        examples: ["day"],
      })
      .optional(),
    time_zone: TimeZone.meta({
      title: "Time zone",
      description: "The IANA time zone whose clock and calendar cut the buckets, and in which a date begins.",
      examples: ["America/New_York"],
    }).default("UTC"),
    order_by: z
      .enum(names)
      .meta({
        title: "Order by",
        description:
          "The measure that orders the groups; where it is null they stand last, and equals are in order of their values.",
      })
      .default(names[0] as never),
    order: z
      .enum(["desc", "asc"])
      .meta({ title: "Order", description: "`desc` the greatest first, `asc` the least first." })
      .default("desc"),
    top: numberParameter(z.int(limit).min(1, limit).max(summaryMax.top, limit))
      .meta({
        title: "Top",
        description: "How many groups stand by themselves; all others together are `rest`.",
        examples: [10],
      })
      .default(defaultTop),
    ...filters,
  });
  const output = outputOf(report) as unknown as z.ZodObject<OutputShape<Dimensions, Measures>, z.core.$strict>;
  const { row, at, id } = list;
  const { id: _, title: __, ...rest } = report;
  return {
    ...rest,
    shape: "summary" as const,
    tag: "Summaries" as Tag,
    summary: title,
    description,
    row,
    at,
    id,
    filters: list.filters,
    input,
    output,
  };
}

type PointOf<Measures extends Record<string, Measure>> = z.ZodObject<
  { start: typeof Instant; end: typeof Instant; hours: z.ZodNumber } & ValuesOf<Measures>,
  z.core.$strict
>;
type Series<Measures extends Record<string, Measure>> = z.ZodNullable<z.ZodArray<PointOf<Measures>>>;
type OutputShape<Dimensions extends Record<string, Dimension>, Measures extends Record<string, Measure>> = {
  data: z.ZodArray<
    z.ZodObject<
      { group: z.ZodObject<GroupOf<Dimensions>, z.core.$strict> } & ValuesOf<Measures> & { series: Series<Measures> },
      z.core.$strict
    >
  >;
  rest: z.ZodNullable<
    z.ZodObject<{ groups: z.ZodNumber } & ValuesOf<Measures> & { series: Series<Measures> }, z.core.$strict>
  >;
  totals: z.ZodObject<ValuesOf<Measures>, z.core.$strict>;
  applied: typeof Applied;
};

const Applied = z
  .strictObject({
    from: Instant.meta({ title: "From", description: "The window's first moment, as applied." }),
    to: Instant.meta({ title: "To", description: "The window's end, exclusive, as applied." }),
    filters: z.record(z.string(), Json).meta({ title: "Filters", description: "The filters, as understood." }),
    group_by: z
      .array(z.string())
      .meta({ title: "Group by", description: "The dimensions, in order; empty when there are none." }),
    interval: z
      .enum(intervals)
      .nullable()
      .meta({ title: "Interval", description: "The length of a bucket; null without a series." }),
    time_zone: z.string().meta({ title: "Time zone", description: "The time zone, as applied." }),
    order_by: z.string().meta({ title: "Order by", description: "The measure that orders the groups." }),
    order: z.enum(["desc", "asc"]).meta({ title: "Order", description: "The order, as applied." }),
    top: z.int().meta({ title: "Top", description: "How many groups stand by themselves at most." }),
  })
  .meta({ id: "AppliedToSummary", title: "Applied", description: "What the answer was made with, defaults included." });

function outputOf({
  id,
  title,
  list: {
    row: { shape: row },
  },
  dimensions,
  measures,
}: {
  id: string;
  title: string;
  list: { row: z.ZodObject };
  dimensions: Record<string, Dimension>;
  measures: Record<string, Measure>;
}) {
  const values = Object.fromEntries(Object.entries(measures).map(([name, { schema }]) => [name, schema]));
  const group = Object.fromEntries(
    Object.entries(dimensions).flatMap(([dimension, { field, name }]) => [
      [dimension, field.optional()],
      ...(name ? [[name, (row[name] as z.ZodType).optional()] as const] : []),
    ]),
  );
  const point = z
    .strictObject({
      start: Instant.meta({
        title: "Start",
        description: "The bucket's first moment. The first bucket starts with the window.",
      }),
      end: Instant.meta({
        title: "End",
        description: "The bucket's end, exclusive. The last bucket ends with the window.",
      }),
      hours: z
        .number()
        .min(0)
        .meta({ title: "Hours", description: "How long it is: a day has 23 or 25 when the clock changes." }),
      ...values,
    })
    .meta({
      id: `${id}Bucket`,
      title: "Bucket",
      description: "A stretch of time and its measures; all are there, also where nothing happened.",
    });
  const series = z
    .array(point)
    .nullable()
    .meta({ title: "Series", description: "Its buckets in order of time; null without an `interval`." });
  return z
    .strictObject({
      data: z
        .array(
          z
            .strictObject({
              group: z.strictObject(group).meta({
                id: `${id}Group`,
                title: "Group",
                description:
                  "The values of the dimensions that were asked for, with the newest name of an id in the window; empty when none was.",
              }),
              ...values,
              series,
            })
            .meta({ id: `${id}Row`, title: "Row", description: "A group and its measures." }),
        )
        .meta({
          title: "Rows",
          description: "The first `top` groups in order; one row for everything without `group_by`.",
        }),
      rest: z
        .strictObject({
          groups: z.int().min(1).meta({ title: "Groups", description: "How many groups these are." }),
          ...values,
          series,
        })
        .meta({ id: `${id}Rest`, title: "Rest", description: "All further groups together." })
        .nullable()
        .meta({ title: "Rest", description: "All further groups together; null when there are none." }),
      totals: z
        .strictObject(values)
        .meta({ id: `${id}Totals`, title: "Totals", description: "The measures of everything." }),
      applied: Applied,
    })
    .meta({
      id,
      title,
      description: "Measures of the rows that match: of groups, of the rest, of everything, and over time.",
    });
}
