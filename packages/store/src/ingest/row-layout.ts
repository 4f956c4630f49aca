import { contracts, recordKinds, records, type RecordKind } from "@moja/contracts";
import type { z } from "zod";
import { encoder } from "../database/column-codecs.ts";
import type { StoredValue } from "../database/row-types.ts";
import { tables, type Table } from "../database/tables.ts";
import { normalizeRecord, type ValidRecord } from "./normalize.ts";
import type { Redaction } from "./redaction.ts";

/** How a kind's records are kept: the columns in one order, both directions together, where the key and `updated_at` stand among them, and what each variant keeps in them. */
type Layout = {
  table: Table;
  key: readonly string[];
  columns: string[];
  keyIndexes: number[];
  updatedAtIndex: number;
  encoders: Map<string, (((wire: unknown) => StoredValue) | undefined)[]>;
};

/** The layout of each kind of record. */
export const layouts = Object.fromEntries(
  recordKinds.map((kind): [RecordKind, Layout] => {
    const shapes = variants(records[kind]).map(({ shape }) =>
      kind === "call" ? { ...shape, profit: contracts.callLogs.get.output.shape.profit } : shape,
    );
    const columns = [...new Set(shapes.flatMap(Object.keys))].filter((name) => name !== "kind");
    const encoders = new Map(
      shapes.map((shape) => [variantOf(shape), columns.map((name) => shape[name] && encoder(shape[name]))]),
    );
    const { table, key } = tables[kind];
    return [
      kind,
      {
        table,
        key,
        columns,
        keyIndexes: key.map((name) => columns.indexOf(name)),
        updatedAtIndex: columns.indexOf("updated_at"),
        encoders,
      },
    ];
  }),
) as Record<RecordKind, Layout>;

/** A record as its table keeps it, in the order of its layout's columns: secrets gone, bodies settled, money and moments as integers. */
export function toStoredValues(record: ValidRecord, redaction: Redaction): StoredValue[] {
  const { columns, encoders } = layouts[record.kind];
  const encode = encoders.get("direction" in record ? record.direction : "") ?? [];
  const wire = normalizeRecord(record, redaction) as Record<string, unknown>;
  return columns.map((name, index) => encode[index]?.(wire[name]) ?? null);
}

function variants(schema: (typeof records)[RecordKind]): { shape: Record<string, z.ZodType> }[] {
  return "options" in schema ? schema.options : [schema];
}

function variantOf({ direction }: Record<string, z.ZodType>): string {
  return direction && "value" in direction ? String(direction.value) : "";
}

/** A row to be written: its identity within its kind, what decides whether it is newer, its columns' values, and a call's tags. */
export type RowToWrite = {
  id: string;
  updated_at: number;
  digest: string;
  values: StoredValue[];
  tags: Record<string, string>;
};

/** Rows of one kind, each identity once. */
export type RowBatch = { kind: RecordKind; rows: RowToWrite[] };

/** What became of a batch's rows, in their order: null for one that was written, else the digest of the row that is there and stays. */
export type WriteOutcome = (string | null)[];
