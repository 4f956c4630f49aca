import {
  isCallerNumber,
  isHiddenFrom,
  kindOf,
  mapValues,
  maskOf,
  records,
  unwrap,
  type RecordKind,
} from "@moja/contracts";
import type { z } from "zod";
import type { StoredValue } from "../database/row-types.ts";
import { ERASED, type ErasedCallers } from "./erased-callers.ts";
import { layouts } from "./row-layout.ts";

/** How a row is erased: as of a time, and wholly where it is the caller's own. */
export type RowErasure = { callers: ErasedCallers; at: number; isCallers: boolean };

/** Takes callers who were erased out of a column's value. */
type ColumnEraser = (value: StoredValue, erasure: RowErasure) => StoredValue;

const erasers: Record<RecordKind, (ColumnEraser | undefined)[]> = mapValues(records, ({ kind, variants }) =>
  layouts[kind].columns.map((name) => {
    const field = variants.map(({ shape }: { shape: Record<string, z.ZodType> }) => shape[name]).find(Boolean);
    return field && columnEraser(field);
  }),
);

/** What erases a column; undefined where its values are ids, words of closed sets, times and numbers. */
function columnEraser(field: z.ZodType): ColumnEraser | undefined {
  if (kindOf(field) === "json")
    return (value, { callers, at, isCallers }) => {
      const wire: unknown = JSON.parse(String(value));
      return JSON.stringify(callers.json(wire, at, isCallers));
    };
  if (kindOf(field) !== "text" || !maskOf(unwrap(field))) return undefined;
  // Other numbers may end in the same digits.
  if (isCallerNumber(field))
    return (value, { callers, at, isCallers }) =>
      isCallers || callers.isErasedNumber(String(value), at) ? null : value;
  // What is hidden whatever it says is of the caller: the postal code, the recording.
  const isPersonal = isHiddenFrom(field, "");
  return (value, { callers, at, isCallers }) => {
    if (isPersonal && isCallers) return null;
    const text = callers.text(String(value), at);
    // Words of open sets have no brackets.
    const erased = field.safeParse(text).success ? text : text.replaceAll(ERASED, "erased");
    return isPersonal && erased !== value ? null : erased;
  };
}

/** Takes callers who were erased out of a row's values, which are in the order of its layout. */
export function eraseRow(kind: RecordKind, values: readonly StoredValue[], erasure: RowErasure): StoredValue[] {
  return values.map((value, index) => {
    const erase = erasers[kind][index];
    return value === null || !erase ? value : erase(value, erasure);
  });
}
