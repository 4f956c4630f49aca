import { z } from "zod";
import { maskNumbers } from "./number-runs.ts";

/** The kinds of value on the wire. The store encodes each kind in a column of its own type. */
export type ValueKind = "text" | "instant" | "usd" | "flag" | "count" | "json" | "reason";

const kinds = z.registry<{ kind: ValueKind }>();
const masks = z.registry<{ mask: FieldMask; hides: (filterValue: string) => boolean }>();

/** What a mask knows besides its value. */
export type MaskContext = {
  /** Hashes a text with the organization's secret: equal texts give equal hashes, which cannot be tried without it. */
  keyedHash: (text: string) => string;
};

/** `holder` is the object that the value is a member of, where there is one. */
type FieldMask = (value: never, context: MaskContext, holder?: Record<string, unknown>) => unknown;

/** Registers the kind of value that a schema holds. Clones made by `.meta()` inherit it. */
export function kind<Schema extends z.ZodType>(valueKind: ValueKind, schema: Schema): Schema {
  kinds.add(schema, { kind: valueKind });
  return schema;
}

/** Marks a schema as personal data: a key without the scope `pii:read` receives `mask(value)` instead of the value. */
export function pii<Schema extends z.ZodType>(
  schema: Schema,
  mask: (value: z.output<Schema>, context: MaskContext, holder?: Record<string, unknown>) => z.output<Schema>,
): Schema {
  masks.add(schema, { mask, hides: () => true });
  return schema;
}

/**
 * Marks a schema as free text: whatever producers write, telephone numbers among it. A key without the scope `pii:read`
 * receives `mask(value)`, and may filter by no value that `mask` would change; `hides` says so of a filter's value
 * where that is no value of the schema.
 */
export function freeText<Schema extends z.ZodType>(
  schema: Schema,
  mask: (value: z.output<Schema>) => z.output<Schema>,
  hides: (filterValue: string) => boolean = (text) => maskNumbers(text) !== text,
): Schema {
  masks.add(schema, { mask, hides });
  return schema;
}

const notSummed = z.registry<{ isSummed: false }>();

/**
 * Marks an amount whose sum says nothing, so that totals leave it out: a rate, like USD per minute, and an amount that
 * several rows repeat, like the winning bid in all bids of its auction.
 */
export function withoutSum<Schema extends z.ZodType>(schema: Schema): Schema {
  const marked = schema.clone();
  notSummed.add(marked, { isSummed: false });
  return marked;
}

/** Whether a field holds an amount that totals add up. */
export function isSummed(schema: z.core.$ZodType): boolean {
  return notSummed.get(unwrap(schema)) === undefined;
}

/** Returns the schema inside `nullable`, `optional` and `default`. */
export function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  const isWrapper =
    schema instanceof z.core.$ZodNullable ||
    schema instanceof z.core.$ZodOptional ||
    schema instanceof z.core.$ZodDefault;
  return isWrapper ? unwrap(schema._zod.def.innerType) : schema;
}

/** Returns a row's field by its name. Throws where the contract names a field that its row does not have. */
export function fieldOf(row: z.core.$ZodShape, name: string): z.ZodType {
  const field = row[name];
  if (!(field instanceof z.ZodType)) throw new Error(`The row has no field ${name}`);
  return field;
}

/** Returns the title of a row's field, or its name where it has no title. */
export function titleOf(row: z.core.$ZodShape, name: string): string {
  return fieldOf(row, name).meta()?.title ?? name;
}

/** Returns the kind of value that a field holds. Throws for a schema that was not made of the schemas of `fields.ts`. */
export function kindOf(schema: z.core.$ZodType): ValueKind {
  const found = kinds.get(unwrap(schema));
  if (!found) throw new Error("This field is not made of a word of the vocabulary");
  return found.kind;
}

/** Returns the mask of a field with personal data, undefined for any other field. */
export function maskOf(schema: z.core.$ZodType): FieldMask | undefined {
  return masks.get(schema)?.mask;
}

/** Returns whether a filter by a value of a field would tell what a key without the scope `pii:read` may not see. */
export function isHiddenFrom(field: z.core.$ZodType, value: unknown): boolean {
  const mark = masks.get(unwrap(field));
  const values: unknown[] = Array.isArray(value) ? value : [value];
  return mark !== undefined && values.some((each) => mark.hides(String(each)));
}
