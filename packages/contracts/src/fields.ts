import { z } from "zod";

/** The kinds of value that the wire knows; the store keeps each kind in its own way. */
export type ValueKind = "text" | "instant" | "usd" | "flag" | "count" | "json" | "reason";

const kinds = z.registry<{ kind: ValueKind }>();
const masks = z.registry<{ mask: (value: never) => unknown }>();

/** Says which kind of value a schema is. Clones made by `.meta()` inherit it. */
export function kind<Schema extends z.ZodType>(valueKind: ValueKind, schema: Schema): Schema {
  kinds.add(schema, { kind: valueKind });
  return schema;
}

/** Marks a schema as personal data: a key without the `pii:read` scope receives `mask(value)` instead of the value. */
export function pii<Schema extends z.ZodType>(
  schema: Schema,
  mask: (value: z.output<Schema>) => z.output<Schema>,
): Schema {
  masks.add(schema, { mask });
  return schema;
}

/** The schema under `nullable`, `optional` and `default`. */
export function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  const { def } = schema._zod as { def: { type: string; innerType?: z.core.$ZodType } };
  const wraps = def.type === "nullable" || def.type === "optional" || def.type === "default";
  return wraps && def.innerType ? unwrap(def.innerType) : schema;
}

/** The kind of value that a field holds; a field without one is a mistake in the contract. */
export function kindOf(schema: z.core.$ZodType): ValueKind {
  const found = kinds.get(unwrap(schema));
  if (!found) throw new Error("This field is not made of a word of the vocabulary");
  return found.kind;
}

/** The mask of a personal field, or undefined where the field is not personal. */
export function maskOf(schema: z.core.$ZodType): ((value: never) => unknown) | undefined {
  return masks.get(schema)?.mask;
}

/** What stands in the place of personal data for a key without `pii:read`. */
export const PII_PLACEHOLDER = "[requires pii:read]";

/** An opaque identifier, unique within an organization, never parsed. */
export const Id = kind(
  "text",
  z.string().regex(/^[A-Za-z0-9._~:-]{1,128}$/, "must be an id: 1-128 characters of A-Z a-z 0-9 . _ ~ : -"),
);

/** Words for people: a name, a message, a reason. */
export const Text = kind(
  "text",
  z
    .string()
    .max(2048)
    .regex(/^[^\0]*$/, "must not contain a NUL character"),
);

/** One word of an open set: today's known values are listed in the description, new ones may come. */
export const OpenEnumValue = kind(
  "text",
  z.string().regex(/^[A-Za-z0-9._:-]{1,64}$/, "must be one word of 1-64 characters of A-Z a-z 0-9 . _ : -"),
);

/** A web address, at most 8 KiB. */
export const Url = kind(
  "text",
  z
    .string()
    .min(1)
    .max(8192)
    .regex(/^[^\0]*$/, "must not contain a NUL character"),
);

/** One word of a closed set. */
export function enumOf<const Values extends readonly [string, ...string[]]>(values: Values) {
  return kind("text", z.enum(values));
}

/** A constant that tells variants apart. */
export function literal<const Value extends string>(value: Value) {
  return kind("text", z.literal(value));
}

/** A moment in UTC with milliseconds: `2026-05-04T12:00:00.000Z`. */
export const Instant = kind(
  "instant",
  z.iso.datetime({ precision: 3, error: "must be a moment in UTC with milliseconds, like 2026-05-04T12:00:00.000Z" }),
);

/** The largest amount of money on the wire: its micro-dollars are still an exact integer. */
const usdMax = 1_000_000_000;

const usdWithin = (most: number) =>
  kind(
    "usd",
    z
      .number()
      .min(-most)
      .max(most)
      .refine((usd) => Math.round(usd * 1e6) / 1e6 === usd, "must have at most six decimals"),
  );

/** US dollars as a JSON number with at most six decimals; kept and summed as integer micro-dollars. */
export const Usd = usdWithin(usdMax);

/** US dollars that are left of one amount less two others. */
export const ProfitUsd = usdWithin(3 * usdMax);

/** Up to here a sum of money is exact as a JSON number: its micro-dollars can be had back. */
export const usdSumMax = 2 ** 32;

/** A sum of US dollars. */
export const UsdSum = z.number().min(-usdSumMax).max(usdSumMax);

/** US dollars that cannot be negative. */
export const NonNegativeUsd = kind(
  "usd",
  Usd.refine((usd) => usd >= 0, "must not be negative"),
);

/** A telephone number in E.164; digits may be masked by `*` for keys without `pii:read`. */
export const Phone = kind(
  "text",
  z
    .string()
    .regex(
      /^\+[1-9][0-9]{0,5}[0-9*]{0,9}$/,
      "must be a telephone number in E.164, like +13105550142 (its + is written %2B in a URL)",
    ),
);

/** Country and area stay readable: five characters of E.164, three digits of a number without its `+`. */
function maskNumber(number: string): string {
  const shown = number.startsWith("+") ? 5 : 3;
  return number.slice(0, shown) + "*".repeat(Math.max(0, number.length - shown));
}

/** Masks the telephone numbers in a text. Longer runs of digits are masked whole: they may end in a number. */
export function maskNumbers(text: string): string {
  return text.replace(/\+?\d{7,}/g, maskNumber);
}

/** The caller's telephone number: personal. Without `pii:read` only the country and area are shown. */
export const CallerNumber = pii(kind("text", Phone.clone()), maskNumber);

/** Words for people that may name a caller: without `pii:read` the telephone numbers in them are masked. */
export const FreeText = pii(kind("text", Text.clone()), maskNumbers);

/** Personal words: withheld without `pii:read`. */
export const PiiText = pii(kind("text", Text.clone()), () => PII_PLACEHOLDER);

/** A whole number from zero to 2,147,483,647. */
export const Count = kind("count", z.int().min(0).max(2_147_483_647));

/** An HTTP status code. */
export const HttpStatus = kind("count", z.int().min(100).max(599));

/** True or false. */
export const Flag = kind("flag", z.boolean());

type JsonValue = z.core.util.JSONType;

/** By hand, because `z.json()` tries six schemas on each value within: it took a quarter of the time that a record takes. */
function isJson(value: unknown): boolean {
  if (Array.isArray(value)) return value.every(isJson);
  if (typeof value === "object" && value !== null)
    return Object.getPrototypeOf(value) === Object.prototype && Object.values(value).every(isJson);
  return value === null || typeof value === "string" || typeof value === "boolean" || Number.isFinite(value);
}

/** Anything that JSON can say. */
export const Json = kind(
  "json",
  z
    .custom<JsonValue>(isJson, {
      error: ({ input }) => (input === undefined ? "is needed" : "must be JSON, its numbers finite"),
    })
    .meta({ id: "Json", title: "JSON", description: "Any JSON value." }),
);

/** A structure of this product, kept as JSON. */
export function json<Schema extends z.ZodType>(schema: Schema): Schema {
  return kind("json", schema.clone());
}
