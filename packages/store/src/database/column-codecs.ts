import { kindOf, reasonOf, type ValueKind } from "@moja/contracts";
import type { z } from "zod";
import { formatTimestamp, parseTimestamp } from "./format-timestamp.ts";
import type { StoredRow, StoredValue } from "./row-types.ts";

/** How one kind of value is stored and read back. Neither is called for null. */
type Codec = { encode: (wire: unknown) => StoredValue; decode: (stored: StoredValue) => unknown };

const codecs: Record<ValueKind, Codec> = {
  text: { encode: (wire) => String(wire).toWellFormed(), decode: (stored) => stored },
  // Milliseconds of the Unix epoch.
  instant: { encode: (wire) => parseTimestamp(String(wire)), decode: (stored) => formatTimestamp(Number(stored)) },
  // Millionths of a dollar, so that sums are exact.
  usd: { encode: (wire) => Math.round(Number(wire) * 1e6), decode: (stored) => Number(stored) / 1e6 },
  flag: { encode: (wire) => (wire === true ? 1 : 0), decode: (stored) => stored === 1 },
  count: { encode: Number, decode: (stored) => stored },
  json: { encode: (wire) => JSON.stringify(wire), decode: (stored): unknown => JSON.parse(String(stored)) },
  reason: { encode: reasonCode, decode: (stored) => reasonOf(Number(stored)) },
};

/** The code of a reason, which records give as an object and filters by its code. */
function reasonCode(wire: unknown): number {
  return Number(typeof wire === "object" && wire !== null && "code" in wire ? wire.code : wire);
}

/** The encoder of a field: from its wire value to its column's value. */
export function encoder(field: z.core.$ZodType): (wire: unknown) => StoredValue {
  const { encode: encodeValue } = codecs[kindOf(field)];
  return (wire) => (wire === null || wire === undefined ? null : encodeValue(wire));
}

/** Encodes one wire value for its column. */
export function encode(field: z.core.$ZodType, wire: unknown): StoredValue {
  return encoder(field)(wire);
}

/** A row of a shape on the wire. */
type WireRow<Shape extends z.core.$ZodShape> = { [Name in keyof Shape]: z.core.output<Shape[Name]> };

/** The decoder of a shape's rows, and the columns to select for it. A wire field has the name of its column. */
export function decoder<Shape extends z.core.$ZodShape>(shape: Shape) {
  const fields = Object.entries<z.core.$ZodType>(shape).map(([name, field]) => ({ name, kind: kindOf(field) }));
  const columns = fields.map(({ name }) => name);
  const transformed = fields
    .filter(({ kind }) => kind !== "text" && kind !== "count")
    .map(({ name, kind }) => ({ name, decodeValue: codecs[kind].decode }));

  /** Decodes a row of exactly these columns in place, which is several times faster than building another object. */
  const decodeInPlace = (stored: StoredRow) => {
    const wire: Record<string, unknown> = stored;
    for (const { name, decodeValue } of transformed) {
      const value = stored[name] ?? null;
      if (value !== null) wire[name] = decodeValue(value);
    }
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- each column was decoded by its own field's codec
    return wire as WireRow<Shape>;
  };
  /** Decodes these columns of a row into a new object. */
  const decode = (stored: StoredRow) =>
    decodeInPlace(Object.fromEntries(columns.map((name) => [name, stored[name] ?? null])));
  return { columns, decode, decodeInPlace };
}

/** The field of a shape that a contract names by its column. */
export function fieldOf(shape: z.core.$ZodShape, column: string): z.core.$ZodType {
  const field = shape[column];
  if (!field) throw new Error(`The row has no column ${column}`);
  return field;
}
