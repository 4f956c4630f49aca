import { kindOf, reasonOf, type ValueKind } from "@moja/contracts";
import type { z } from "zod";
import { formatTimestamp } from "./format-timestamp.ts";
import type { StoredRow, StoredValue } from "./row-types.ts";

/** How each kind of value is kept, and read back. */
const codecs: Record<ValueKind, { encode: (wire: never) => StoredValue; decode: (stored: never) => unknown }> = {
  text: { encode: (wire: string) => wire.toWellFormed(), decode: (stored: string) => stored },
  instant: { encode: (wire: string) => Date.parse(wire), decode: formatTimestamp },
  usd: { encode: (wire: number) => Math.round(wire * 1e6), decode: (stored: number) => stored / 1e6 },
  flag: { encode: (wire: boolean) => (wire ? 1 : 0), decode: (stored: number) => stored === 1 },
  count: { encode: (wire: number) => wire, decode: (stored: number) => stored },
  json: { encode: (wire: unknown) => JSON.stringify(wire), decode: (stored: string): unknown => JSON.parse(stored) },
  reason: { encode: (wire: { code: number }) => wire.code, decode: (stored: number) => reasonOf(stored) },
};

/** What turns a field's wire value into what its column keeps. */
export function encoder(field: z.core.$ZodType): (wire: unknown) => StoredValue {
  const { encode } = codecs[kindOf(field)];
  return (wire) => (wire === null || wire === undefined ? null : encode(wire as never));
}

/** A wire value as its column keeps it. */
export function encode(field: z.core.$ZodType, wire: unknown): StoredValue {
  return encoder(field)(wire);
}

/** What reads stored rows as a shape's wire rows: the columns to select, and the reading. A wire field is its column's name. */
export function decoder<Shape extends z.core.$ZodShape>(shape: Shape) {
  const columns = Object.keys(shape);
  const decoders = columns.map((name) => [name, codecs[kindOf(shape[name] as z.core.$ZodType)].decode] as const);
  const decode = (stored: StoredRow) => {
    const wire: Record<string, unknown> = {};
    for (const [name, decodeValue] of decoders) {
      const value = stored[name];
      wire[name] = value === null || value === undefined ? null : decodeValue(value as never);
    }
    return wire as { [Name in keyof Shape]: z.core.output<Shape[Name]> };
  };
  const transformed = decoders.filter(([name]) => !["text", "count"].includes(kindOf(shape[name] as z.core.$ZodType)));
  /** Turns a row of exactly these columns into its wire row in place, which is several times faster than building another. */
  const decodeInPlace = (stored: StoredRow) => {
    const wire: Record<string, unknown> = stored;
    for (const [name, decodeValue] of transformed) {
      if (stored[name] !== null) wire[name] = decodeValue(stored[name] as never);
    }
    return wire as { [Name in keyof Shape]: z.core.output<Shape[Name]> };
  };
  return { columns, decode, decodeInPlace };
}
