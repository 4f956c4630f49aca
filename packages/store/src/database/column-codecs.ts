import { reasonOf, wordOf, type Word } from "@moja/contracts";
import type { z } from "zod";
import { instantText } from "./format-timestamp.ts";
import type { Stored, StoredValue } from "./row-types.ts";

/** How each kind of value is kept, and read back. */
const keeping: Record<Word, { keep: (wire: never) => StoredValue; read: (stored: never) => unknown }> = {
  text: { keep: (wire: string) => wire.toWellFormed(), read: (stored: string) => stored },
  instant: { keep: (wire: string) => Date.parse(wire), read: instantText },
  usd: { keep: (wire: number) => Math.round(wire * 1e6), read: (stored: number) => stored / 1e6 },
  flag: { keep: (wire: boolean) => (wire ? 1 : 0), read: (stored: number) => stored === 1 },
  count: { keep: (wire: number) => wire, read: (stored: number) => stored },
  json: { keep: (wire: unknown) => JSON.stringify(wire), read: (stored: string): unknown => JSON.parse(stored) },
  reason: { keep: (wire: { code: number }) => wire.code, read: (stored: number) => reasonOf(stored) },
};

/** What turns a field's wire value into what its column keeps. */
export function keeper(field: z.core.$ZodType): (wire: unknown) => StoredValue {
  const { keep } = keeping[wordOf(field)];
  return (wire) => (wire === null || wire === undefined ? null : keep(wire as never));
}

/** A wire value as its column keeps it. */
export function keep(field: z.core.$ZodType, wire: unknown): StoredValue {
  return keeper(field)(wire);
}

/** What reads stored rows as a shape's wire rows: the columns to select, and the reading. A wire field is its column's name. */
export function reader<Shape extends z.core.$ZodShape>(shape: Shape) {
  const columns = Object.keys(shape);
  const readers = columns.map((name) => [name, keeping[wordOf(shape[name] as z.core.$ZodType)].read] as const);
  const read = (stored: Stored) => {
    const wire: Record<string, unknown> = {};
    for (const [name, readValue] of readers) {
      const value = stored[name];
      wire[name] = value === null || value === undefined ? null : readValue(value as never);
    }
    return wire as { [Name in keyof Shape]: z.core.output<Shape[Name]> };
  };
  const changing = readers.filter(([name]) => !["text", "count"].includes(wordOf(shape[name] as z.core.$ZodType)));
  /** Turns a row of exactly these columns into its wire row in place, which is several times faster than building another. */
  const turn = (stored: Stored) => {
    const wire: Record<string, unknown> = stored;
    for (const [name, readValue] of changing) {
      if (stored[name] !== null) wire[name] = readValue(stored[name] as never);
    }
    return wire as { [Name in keyof Shape]: z.core.output<Shape[Name]> };
  };
  return { columns, read, turn };
}
