import { inexactSumError, kindOf, usdSumMax, type Measure, type ValueKind } from "@moja/contracts";
import type { z } from "zod";
import { fieldOf } from "../../database/column-codecs.ts";
import type { Table } from "../../database/tables.ts";
import { aggregateMerger, PartList, type Aggregate } from "./aggregate-parts.ts";

type MeasureValue = number | string | null;

/** Reads a measure from an aggregate. */
type ReadMeasure = (aggregate: Aggregate) => MeasureValue;

/** Reads a report's measures from the aggregates of its rows. */
export type MeasureReader = ReturnType<typeof measureReader>;

/** Creates the reader of a report's measures, with the parts that they all need. */
export function measureReader(contract: { row: z.ZodObject; measures: Record<string, Measure> }, table: Table) {
  const list = new PartList(table);
  const readers = new Map(
    Object.entries(contract.measures).map(([name, { aggregation }]) => [
      name,
      readerOf(name, aggregation, { list, kindOfColumn: (column) => kindOf(fieldOf(contract.row.shape, column)) }),
    ]),
  );
  return {
    ...aggregateMerger(list.parts),
    parts: list.parts,
    /** The column that percentiles are calculated from. */
    percentileColumn: list.percentileColumn,
    read: (aggregate: Aggregate) => Object.fromEntries([...readers].map(([name, read]) => [name, read(aggregate)])),
    readOne: (aggregate: Aggregate, measure: string) => readers.get(measure)?.(aggregate) ?? null,
  };
}

type Context = { list: PartList; kindOfColumn: (column: string) => ValueKind };

/** Adds the parts of a measure, and returns what reads it from them. */
function readerOf(name: string, aggregation: Measure["aggregation"], { list, kindOfColumn }: Context): ReadMeasure {
  const valueAt = (index: number, column: string) => {
    const kind = kindOfColumn(column);
    return ({ parts }: Aggregate) => toWire(kind, parts[index] ?? null, name);
  };
  if ("count" in aggregation) {
    const index = list.count(name, aggregation.count);
    return ({ parts }) => parts[index] ?? 0;
  }
  if ("sum" in aggregation) {
    const read = valueAt(list.sum(name, aggregation.where, aggregation.sum), aggregation.sum);
    return (aggregate) => read(aggregate) ?? 0;
  }
  if ("least" in aggregation)
    return valueAt(list.add({ name, aggregateFunction: "min", of: aggregation.least }), aggregation.least);
  if ("greatest" in aggregation)
    return valueAt(list.add({ name, aggregateFunction: "max", of: aggregation.greatest }), aggregation.greatest);
  if ("rate" in aggregation) {
    const of = list.count(`${name}_of`, aggregation.rate);
    return ratio({ of, among: list.count(`${name}_among`, aggregation.among), places: 6 });
  }
  if ("average" in aggregation) {
    const { average: column, where } = aggregation;
    const of = list.sum(`${name}_of`, where, column);
    const among = list.count(name.replace(/_avg$/, "_known"), where, column);
    return ratio({ of, among, ...(kindOfColumn(column) === "usd" ? { places: 6, unitPlaces: 6 } : { places: 3 }) });
  }
  list.percentileColumn = aggregation.of;
  return ({ occurrences }) => nearestRank(occurrences, aggregation.percentile);
}

type Ratio = {
  /** The indexes of the parts: the dividend, and the divisor. */
  of: number;
  among: number;
  /** The decimals that the ratio is rounded to. */
  places: number;
  /** The decimals of a dollar that the dividend counts: 6 where it is in millionths. */
  unitPlaces?: number;
};

/** One part divided by another; null without a divisor. Integers are rounded, so that a half is exactly a half. */
function ratio({ of, among, places, unitPlaces = 0 }: Ratio): ReadMeasure {
  return ({ parts }) => {
    const count = parts[among] ?? 0;
    return count === 0 ? null : Math.round(((parts[of] ?? 0) * 10 ** (places - unitPlaces)) / count) / 10 ** places;
  };
}

/** The percentile by nearest rank: of n values in order, the one at place ⌈n × percentile/100⌉; null of none. */
function nearestRank(occurrences: Map<number, number>, percentile: number): number | null {
  const total = [...occurrences.values()].reduce((sum, count) => sum + count, 0);
  let place = Math.ceil((total * percentile) / 100);
  for (const [value, count] of [...occurrences].sort(([a], [b]) => a - b)) if ((place -= count) <= 0) return value;
  return null;
}

function toWire(kind: ValueKind, value: number | null, measure: string): MeasureValue {
  if (value === null) return null;
  if (kind === "instant") return new Date(value).toISOString();
  if (kind !== "usd") return value;
  if (Math.abs(value / 1e6) > usdSumMax) throw inexactSumError("from", `\`${measure}\``);
  return value / 1e6;
}
