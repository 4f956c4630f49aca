import {
  isCallerNumber,
  mapValues,
  records,
  type RecordDefinition,
  type RecordKind,
  type ValidRecord,
} from "@moja/contracts";
import type { z } from "zod";
import { encoder } from "../database/column-codecs.ts";
import type { StoredValue } from "../database/row-types.ts";
import type { Table } from "../database/tables.ts";
import { createNormalizer } from "./normalize.ts";
import type { Redaction } from "./redaction.ts";

/** What one column keeps of a record. */
type ColumnReader = (record: Record<string, unknown>, redaction: Redaction) => StoredValue;

/** How a kind's records are stored. */
type Layout = {
  table: Table;
  key: readonly string[];
  /** The columns in one order, both directions' together. */
  columns: string[];
  /** Where the key, `updated_at` and the caller's number stand among the columns; -1 where no caller is named. */
  keyIndexes: number[];
  updatedAtIndex: number;
  callerNumberIndex: number;
  /** Where the times stand by which rows are old: of each direction one. */
  timeIndexes: number[];
  /** For each direction what every column keeps; undefined where it has no such field. */
  readers: Map<string, (ColumnReader | undefined)[]>;
};

/** The layout of each kind of record. */
export const layouts: Record<RecordKind, Layout> = mapValues(records, layoutOf);

function layoutOf({ table, key, variants, computed }: RecordDefinition & { table: Table }): Layout {
  const columns = [...new Set([...variants.flatMap(({ shape }) => Object.keys(shape)), ...Object.keys(computed)])];
  const readers = variants.map(({ direction, shape }): [string, (ColumnReader | undefined)[]] => [
    direction,
    columns.map((name) => (computed[name] ? computedReader(computed[name]) : fieldReader(name, shape[name]))),
  ]);
  return {
    table,
    key,
    columns,
    keyIndexes: key.map((name) => columns.indexOf(name)),
    updatedAtIndex: columns.indexOf("updated_at"),
    callerNumberIndex: columns.findIndex((name) =>
      variants.some(({ shape }) => shape[name] && isCallerNumber(shape[name])),
    ),
    timeIndexes: variants.map(({ at }) => columns.indexOf(at)),
    readers: new Map(readers),
  };
}

function fieldReader(name: string, field: z.ZodType | undefined): ColumnReader | undefined {
  if (!field) return undefined;
  const encode = encoder(field);
  const normalize = createNormalizer(field);
  return normalize
    ? (record, redaction) => encode(normalize(record[name], redaction))
    : (record) => encode(record[name]);
}

function computedReader(column: RecordDefinition["computed"][string]): ColumnReader {
  const encode = encoder(column.field);
  return (record) => encode(column.compute(record));
}

/**
 * A record as its table keeps it, in the order of its layout's columns: without secrets, money and moments as
 * integers.
 */
export function toStoredValues(record: ValidRecord, redaction: Redaction): StoredValue[] {
  const readers = layouts[record.kind].readers.get("direction" in record ? record.direction : "") ?? [];
  return readers.map((read) => read?.(record, redaction) ?? null);
}

/** The time of a row, in milliseconds: that of its direction, as the other one's is null. */
export function timeOf(kind: RecordKind, values: readonly StoredValue[]): number {
  return Number(layouts[kind].timeIndexes.map((index) => values[index]).find((time) => time !== null) ?? 0);
}

/**
 * A row to be written: its identity within its kind, what decides whether it is newer, its columns' values, and a
 * call's tags.
 */
export type RowToWrite = {
  id: string;
  updated_at: number;
  digest: string;
  values: StoredValue[];
  tags: Record<string, string>;
};

/** Rows of one kind, each identity once. */
export type RowBatch = { kind: RecordKind; rows: RowToWrite[] };

/**
 * What became of a batch's rows, in their order: null for one that was written, else the digest of the row that is
 * there and stays.
 */
export type WriteOutcome = (string | null)[];
