import { z } from "zod";
import { fieldOf, Instant, kindOf, titleOf, UsdSum } from "../fields.ts";
import { objectFrom } from "../typed-object.ts";

/**
 * Which values of a column match: the listed ones, or whether it is known (not null). Of the column `call`: whether the
 * call of a row was connected or converted, as the call log knows it.
 */
export type Condition = readonly (string | number)[] | "known" | "unknown" | "connected" | "converted";

/** Which rows a measure covers: those that match the condition of every column. */
export type Where = { readonly [column: string]: Condition };

/** How a measure is computed from rows. Columns that are null are left out. */
type Aggregation =
  /** The number of rows. */
  | { count: Where }
  /** The sum of a column. */
  | { sum: string; where: Where }
  /** The arithmetic mean of a column. */
  | { average: string; where: Where }
  /** The minimum of a column. */
  | { least: string }
  /** The maximum of a column. */
  | { greatest: string }
  /** A percentile of a column by nearest rank, from 1 to 99. */
  | { percentile: number; of: string }
  /** The share of the rows `rate` in the rows `among`. */
  | { rate: Where; among: Where };

/** A measure of a summary. */
export type Measure<Schema extends z.ZodType = z.ZodType> = {
  /** The schema of its value on the wire. */
  schema: Schema;
  aggregation: Aggregation;
};

/** What a sum may be given besides its column. */
type SumOptions = {
  /** The rows that it covers. Default: all. */
  where?: Where;
  /** Default: the column's title. */
  title?: string;
  /** The rows that it covers, in words. */
  of?: string;
};

type NullableMeasure = Measure<z.ZodNullable<z.ZodNumber>>;

/** The percentiles of a latency. */
const percentiles = [50, 95, 99] as const;

/**
 * Builders of measures of a row's columns. A value that is not known never counts as zero: averages, rates, extremes
 * and percentiles of no values are null.
 */
export function measureBuilders<Row extends z.ZodRawShape>(row: Row) {
  return { count, rate, ...columnMeasures(row), ...measureGroups(row) };
}

/** The number of rows. */
function count(title: string, description: string, where: Where = {}) {
  return { schema: z.int().min(0).meta({ title, description }), aggregation: { count: where } };
}

/** The share of the first rows in the second ones. */
function rate(title: string, description: string, [matching, among]: [of: Where, among: Where]) {
  const schema = z
    .number()
    .min(0)
    .max(1)
    .nullable()
    .meta({
      title,
      description: `${description} From 0 to 1, rounded to six decimals; null when there are none of the latter.`,
    });
  return { schema, aggregation: { rate: matching, among } };
}

/** Measures of one column. */
function columnMeasures<Row extends z.ZodRawShape>(row: Row) {
  type Column = keyof Row & string;
  const isMoney = (column: Column) => kindOf(fieldOf(row, column)) === "usd";
  const quantity = (column: Column, qualifier: string, description: string) =>
    (isMoney(column) ? UsdSum : z.number())
      .nullable()
      .meta({ title: `${titleOf(row, column)}, ${qualifier}`, description });

  return {
    sum: (column: Column, { where = {}, title = titleOf(row, column), of = "where it is known" }: SumOptions = {}) => ({
      schema: (isMoney(column) ? UsdSum : z.int().min(0)).meta({ title, description: `The exact sum ${of}.` }),
      aggregation: { sum: column, where },
    }),
    average: (column: Column, where: Where = {}, of = "where it is known") => {
      const decimals = isMoney(column) ? "six" : "three";
      const description = `The average ${of}, rounded to ${decimals} decimals; null when there is nothing to average.`;
      return { schema: quantity(column, "average", description), aggregation: { average: column, where } };
    },
    least: (column: Column) => ({
      schema: quantity(column, "least", "The least that is known; null when none is."),
      aggregation: { least: column },
    }),
    greatest: (column: Column) => ({
      schema: quantity(column, "greatest", "The greatest that is known; null when none is."),
      aggregation: { greatest: column },
    }),
  };
}

/** Several measures of a column at once, named after it. */
function measureGroups<Row extends z.ZodRawShape>(row: Row) {
  type Column = keyof Row & string;
  const { sum, average, least, greatest } = columnMeasures(row);

  return {
    /** `<column>_sum` and `<column>_avg`. */
    sumAndAverage: <Name extends Column>(column: Name) =>
      objectFrom<{ [K in `${Name}_sum`]: Measure<z.ZodNumber> } & { [K in `${Name}_avg`]: NullableMeasure }>([
        [`${column}_sum`, sum(column, { title: `${titleOf(row, column)}, sum` })],
        [`${column}_avg`, average(column)],
      ]),
    /** `<column>_min`, `<column>_avg` and `<column>_max`. */
    range: <Name extends Column>(column: Name) =>
      objectFrom<{ [K in `${Name}_${"min" | "avg" | "max"}`]: NullableMeasure }>([
        [`${column}_min`, least(column)],
        [`${column}_avg`, average(column)],
        [`${column}_max`, greatest(column)],
      ]),
    /** `<column>_avg`, `<column>_p50`, `<column>_p95` and `<column>_p99`. */
    latency: <Name extends Column>(column: Name) =>
      objectFrom<{ [K in `${Name}_${"avg" | "p50" | "p95" | "p99"}`]: NullableMeasure }>([
        [`${column}_avg`, average(column)],
        ...percentiles.map((rank) => [`${column}_p${rank}`, percentile(row, column, rank)] as const),
      ]),
    /** `first_seen_at` and `last_seen_at`: the earliest and the latest instant of a column. */
    seen: (at: Column) => ({
      first_seen_at: {
        schema: Instant.nullable().meta({
          title: "First seen at",
          description: `The earliest ${titleOf(row, at)}; null when there is none.`,
        }),
        aggregation: { least: at },
      },
      last_seen_at: {
        schema: Instant.nullable().meta({
          title: "Last seen at",
          description: `The latest ${titleOf(row, at)}; null when there is none.`,
        }),
        aggregation: { greatest: at },
      },
    }),
  };
}

function percentile(row: z.core.$ZodShape, column: string, rank: number): Measure {
  const schema = z
    .int()
    .nullable()
    .meta({
      title: `${titleOf(row, column)}, p${rank}`,
      description:
        `The ${rank}th percentile by nearest rank: of the n known values in order, ` +
        `the one at place ⌈n × ${rank}/100⌉; null when none is known.`,
    });
  return { schema, aggregation: { percentile: rank, of: column } };
}
