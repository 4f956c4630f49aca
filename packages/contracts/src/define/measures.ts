import { z } from "zod";
import { Instant, kindOf, UsdSum } from "../fields.ts";

/** Which values of a column count: these, or whether it is known. Of `call`: whether the call that a row belongs to was connected, or converted, as the call log knows it. */
export type Condition = readonly (string | number)[] | "known" | "unknown" | "connected" | "converted";

/** Which rows a measure looks at: a condition for each column, all of which hold. */
export type Where = { readonly [column: string]: Condition };

/** How a measure is made of rows. */
type Aggregation =
  | { count: Where }
  | { sum: string; where: Where }
  | { average: string; where: Where }
  | { least: string }
  | { greatest: string }
  | { percentile: number; of: string }
  | { rate: Where; among: Where };

/** A measure of a summary: what it is on the wire, and how it is made. */
export type Measure<Schema extends z.ZodType = z.ZodType> = { schema: Schema; aggregation: Aggregation };

/** The percentiles that are given. */
const percentiles = [50, 95, 99] as const;

/** What measures rows of a shape. Nothing is counted as zero that is not known: averages, rates, extremes and percentiles of nothing are null. */
export function measureBuilders<Row extends z.ZodRawShape>(row: Row) {
  type Column = keyof Row & string;
  const titleOf = (column: Column) => z.globalRegistry.get(row[column] as z.ZodType)?.title ?? column;
  const isMoney = (column: Column) => kindOf(row[column] as z.ZodType) === "usd";
  const quantity = (column: Column, qualifier: string, description: string) =>
    (isMoney(column) ? UsdSum : z.number()).nullable().meta({ title: `${titleOf(column)}, ${qualifier}`, description });

  const average = (column: Column, where: Where = {}, of = "where it is known") => ({
    schema: quantity(
      column,
      "average",
      `The average ${of}, rounded to ${isMoney(column) ? "six" : "three"} decimals; null when there is nothing to average.`,
    ),
    aggregation: { average: column, where },
  });
  const sum = (column: Column, where: Where = {}, title = titleOf(column), of = "where it is known") => ({
    schema: (isMoney(column) ? UsdSum : z.int().min(0)).meta({ title, description: `The exact sum ${of}.` }),
    aggregation: { sum: column, where },
  });
  const least = (column: Column) => ({
    schema: quantity(column, "least", "The least that is known; null when none is."),
    aggregation: { least: column },
  });
  const greatest = (column: Column) => ({
    schema: quantity(column, "greatest", "The greatest that is known; null when none is."),
    aggregation: { greatest: column },
  });

  return {
    sum,
    average,
    count: (title: string, description: string, where: Where = {}) => ({
      schema: z.int().min(0).meta({ title, description }),
      aggregation: { count: where },
    }),
    rate: (title: string, description: string, [rate, among]: [of: Where, among: Where]) => ({
      schema: z
        .number()
        .min(0)
        .max(1)
        .nullable()
        .meta({
          title,
          description: `${description} From 0 to 1, rounded to six decimals; null when there are none of the latter.`,
        }),
      aggregation: { rate, among },
    }),
    /** `<column>_sum` and `<column>_avg`. */
    sumAndAverage: <Name extends Column>(column: Name) =>
      typedMeasures({
        [`${column}_sum`]: sum(column, {}, `${titleOf(column)}, sum`),
        [`${column}_avg`]: average(column),
      }) as {
        [K in `${Name}_sum`]: Measure<z.ZodNumber>;
      } & { [K in `${Name}_avg`]: Measure<z.ZodNullable<z.ZodNumber>> },
    /** `<column>_min`, `<column>_avg` and `<column>_max`. */
    range: <Name extends Column>(column: Name) =>
      typedMeasures({
        [`${column}_min`]: least(column),
        [`${column}_avg`]: average(column),
        [`${column}_max`]: greatest(column),
      }) as { [K in `${Name}_${"min" | "avg" | "max"}`]: Measure<z.ZodNullable<z.ZodNumber>> },
    /** `<column>_avg`, `<column>_p50`, `<column>_p95` and `<column>_p99`. */
    latency: <Name extends Column>(column: Name) => {
      const each = percentiles.map((percentile) => [
        `${column}_p${percentile}`,
        {
          schema: z
            .int()
            .nullable()
            .meta({
              title: `${titleOf(column)}, p${percentile}`,
              description: `The ${percentile}th percentile by nearest rank: of the n known values in order, the one at place ⌈n × ${percentile}/100⌉; null when none is known.`,
            }),
          aggregation: { percentile, of: column },
        },
      ]);
      return typedMeasures({ [`${column}_avg`]: average(column), ...Object.fromEntries(each) }) as {
        [K in `${Name}_${"avg" | "p50" | "p95" | "p99"}`]: Measure<z.ZodNullable<z.ZodNumber>>;
      };
    },
    /** `first_seen_at` and `last_seen_at`. */
    seen: (at: Column) => ({
      first_seen_at: {
        schema: Instant.nullable().meta({
          title: "First seen at",
          description: `The earliest ${titleOf(at)}; null when there is none.`,
        }),
        aggregation: { least: at },
      },
      last_seen_at: {
        schema: Instant.nullable().meta({
          title: "Last seen at",
          description: `The latest ${titleOf(at)}; null when there is none.`,
        }),
        aggregation: { greatest: at },
      },
    }),
  };
}

function typedMeasures(measures: Record<string, Measure>): unknown {
  return measures;
}
