import { z } from "zod";
import { freeText, kind, maskOf, pii, unwrap } from "./field-marks.ts";
import { maskNumbers } from "./number-runs.ts";

export {
  fieldOf,
  freeText,
  isHiddenFrom,
  isSummed,
  kind,
  kindOf,
  maskOf,
  pii,
  titleOf,
  unwrap,
  withoutSum,
  type MaskContext,
  type ValueKind,
} from "./field-marks.ts";

/** Replaces personal data for a key without the scope `pii:read`. */
export const PII_PLACEHOLDER = "[requires pii:read]";

/** An opaque identifier, unique within an organization. */
export const Id = kind(
  "text",
  z.string().regex(/^[A-Za-z0-9._~:-]{1,128}$/, "must be an id: 1-128 characters of A-Z a-z 0-9 . _ ~ : -"),
);

/** Text for people, such as a name or a message; at most 2,048 characters. */
export const Text = freeText(
  kind(
    "text",
    z
      .string()
      .max(2048)
      .regex(/^[^\0]*$/, "must not contain a NUL character"),
  ),
  maskNumbers,
);

/** Masks the telephone numbers in a word of few signs, so that it stays such a word. */
export function maskWord(word: string): string {
  const masked = maskNumbers(word);
  return masked === word ? word : masked.replaceAll("+", "").replaceAll("*", "x");
}

/** A value of an open set: descriptions list the known values, and producers may add others. */
export const OpenEnumValue = freeText(
  kind(
    "text",
    z.string().regex(/^[A-Za-z0-9._:-]{1,64}$/, "must be one word of 1-64 characters of A-Z a-z 0-9 . _ : -"),
  ),
  maskWord,
);

/** A URL of at most 65,536 characters. */
export const Url = kind(
  "text",
  z
    .string()
    .min(1)
    .max(65_536)
    .regex(/^[^\0]*$/, "must not contain a NUL character"),
);

/** A value of a closed set. */
export function enumOf<const Values extends readonly [string, ...string[]]>(values: Values) {
  return kind("text", z.enum(values));
}

/** A constant that discriminates the variants of a union. */
export function literal<const Value extends string>(value: Value) {
  return kind("text", z.literal(value));
}

/** An instant in UTC with milliseconds: `2026-05-04T12:00:00.000Z`. */
export const Instant = kind(
  "instant",
  z.iso.datetime({ precision: 3, error: "must be a moment in UTC with milliseconds, like 2026-05-04T12:00:00.000Z" }),
);

/** The largest amount on the wire, in USD. Its micro-dollars are a safe integer. */
const usdMax = 1_000_000_000;

/**
 * Removes the noise of binary floats from an amount: `0.1 + 0.2` gives 0.30000000000000004. Noise fills a number's digits
 * and is smaller than a thousandth of a micro-dollar; any other decimal beyond the sixth stays, and is refused.
 */
function withoutNoise(usd: number): number {
  const rounded = Math.round(usd * 1e6) / 1e6;
  if (rounded === usd || Math.abs(usd - rounded) > Math.max(1e-9, Math.abs(usd) * 2 ** -50)) return usd;
  const digits = usd.toExponential().replace(/e.*$|\D/g, "").length;
  return digits >= 15 ? rounded : usd;
}

const usdWithin = (most: number) =>
  kind(
    "usd",
    z
      .number()
      .overwrite(withoutNoise)
      .min(-most)
      .max(most)
      .refine((usd) => Math.round(usd * 1e6) / 1e6 === usd, "must have at most six decimals"),
  );

/** USD as a JSON number with at most six decimals; stored and summed as integer micro-dollars. */
export const Usd = usdWithin(usdMax);

/** USD of a profit: one amount less two others, hence within three times the largest amount. */
export const ProfitUsd = usdWithin(3 * usdMax);

/** The largest exact sum, in USD: up to here a JSON number still tells neighboring micro-dollars apart. */
export const usdSumMax = 2 ** 32;

/** A sum of USD. */
export const UsdSum = z.number().min(-usdSumMax).max(usdSumMax);

/** USD of at least zero. */
export const NonNegativeUsd = kind(
  "usd",
  Usd.refine((usd) => usd >= 0, "must not be negative"),
);

/** A telephone number in E.164. Keys without the scope `pii:read` see `*` in place of its last digits. */
export const Phone = kind(
  "text",
  z
    .string()
    .regex(
      /^\+[1-9][0-9]{0,5}[0-9*]{0,9}$/,
      "must be a telephone number in E.164, like +13105550142 (its + is written %2B in a URL)",
    ),
);

/** The characters of E.164 that show country and area: a plus and four digits. */
const numberShown = 5;

/** The caller's telephone number. Keys without the scope `pii:read` see only its country and area. */
export const CallerNumber = pii(
  kind("text", Phone.clone()),
  (number) => number.slice(0, numberShown) + "*".repeat(Math.max(0, number.length - numberShown)),
);

/** What stands for a caller's number: a hash of it by a secret of the organization. */
export const CallerRef = kind(
  "text",
  z.string().regex(/^cr_[A-Za-z0-9_-]{22}$/, "must be a caller's reference: cr_ and 22 characters"),
);

/** Returns whether a field holds the caller's telephone number: beside it stands `caller_ref`. */
export function isCallerNumber(field: z.core.$ZodType): boolean {
  return maskOf(unwrap(field)) === maskOf(CallerNumber);
}

/** Text for people in which a secret may stand, such as a message or a reason. */
export const FreeText = freeText(kind("text", Text.clone()), maskNumbers);

/** Personal text, replaced as a whole for keys without the scope `pii:read`. */
export const PiiText = pii(kind("text", Text.clone()), () => PII_PLACEHOLDER);

/** An integer from 0 to 2,147,483,647, which fits PostgreSQL's `integer`. */
export const Count = kind("count", z.int().min(0).max(2_147_483_647));

const statusMessage = "must be an HTTP status from 100 to 599; where there was no answer send null, not 0";

/** An HTTP status code. */
export const HttpStatus = kind("count", z.int().min(100, statusMessage).max(599, statusMessage));

/** A boolean. */
export const Flag = kind("flag", z.boolean());

type JsonValue = z.core.util.JSONType;

/** Replaces `z.json()`, which tries six schemas on every nested value and took a quarter of the time of an ingest. */
function isJson(value: unknown): boolean {
  if (Array.isArray(value)) return value.every(isJson);
  if (typeof value === "object" && value !== null)
    return Object.getPrototypeOf(value) === Object.prototype && Object.values(value).every(isJson);
  return value === null || typeof value === "string" || typeof value === "boolean" || Number.isFinite(value);
}

/** Any JSON value. */
export const Json = kind(
  "json",
  z
    .custom<JsonValue>(isJson, {
      error: ({ input }) => (input === undefined ? "is needed" : "must be JSON, its numbers finite"),
    })
    .meta({ id: "Json", title: "JSON", description: "Any JSON value." }),
);

/** A structured value that the store keeps as JSON. */
export function json<Schema extends z.ZodType>(schema: Schema): Schema {
  return kind("json", schema.clone());
}
