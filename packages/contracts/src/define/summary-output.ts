import { z } from "zod";
import { fieldOf, Instant, Json } from "../fields.ts";
import { objectFrom, pluck } from "../typed-object.ts";
import type { Dimension } from "./dimensions.ts";
import type { Measure } from "./measures.ts";

/** The lengths of a bucket of time. */
export const intervals = ["hour", "day", "week", "month"] as const;

/** The length of a bucket of time. */
export type Interval = (typeof intervals)[number];

/** The column of a dimension's name, where it is an id. */
type NameOf<Of extends Dimension> = "name" extends keyof Of ? Extract<Of["name"], string> : never;

type GroupOf<Dimensions extends Record<string, Dimension>> = {
  [Name in keyof Dimensions]: z.ZodOptional<Dimensions[Name]["field"]>;
} & { [Name in keyof Dimensions as NameOf<Dimensions[Name]>]: z.ZodOptional<z.ZodNullable<z.ZodString>> };

/** The parameters of a summary as applied. */
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

/** Builds the schema of a summary's response. `id` is its name in the OpenAPI document. */
export function summaryOutput<
  Dimensions extends Record<string, Dimension>,
  Measures extends Record<string, Measure>,
>(summary: { id: string; title: string; row: z.core.$ZodShape; dimensions: Dimensions; measures: Measures }) {
  const { id, title, row, dimensions, measures } = summary;
  const values = pluck(measures, "schema");
  const series = seriesSchema(id, values);
  return z
    .strictObject({
      data: z
        .array(
          z
            .strictObject({ group: groupSchema(id, row, dimensions), ...values, series })
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

/** The schema of a summary's response. */
export type SummaryOutput<
  Dimensions extends Record<string, Dimension>,
  Measures extends Record<string, Measure>,
> = ReturnType<typeof summaryOutput<Dimensions, Measures>>;

/** The values of a group's dimensions. A dimension by an id is followed by its name. */
function groupSchema<Dimensions extends Record<string, Dimension>>(
  id: string,
  row: z.core.$ZodShape,
  dimensions: Dimensions,
) {
  const entries = Object.entries(dimensions).flatMap(([dimension, { field, name }]): [string, z.ZodType][] => [
    [dimension, field.optional()],
    ...(name === undefined ? [] : [[name, fieldOf(row, name).optional()] satisfies [string, z.ZodType]]),
  ]);
  return z.strictObject(objectFrom<GroupOf<Dimensions>>(entries)).meta({
    id: `${id}Group`,
    title: "Group",
    description:
      "The values of the dimensions that were asked for, with the newest name of an id in the window; " +
      "empty when none was.",
  });
}

/** The buckets of a row's series. */
function seriesSchema<Values extends z.ZodRawShape>(id: string, values: Values) {
  const bucket = z
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
  return z
    .array(bucket)
    .nullable()
    .meta({ title: "Series", description: "Its buckets in order of time; null without an `interval`." });
}
