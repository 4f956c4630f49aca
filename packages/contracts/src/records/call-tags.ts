import { z } from "zod";
import { freeText, json, PII_PLACEHOLDER } from "../fields.ts";
import { inWords, withOwnNames } from "../member-names.ts";
import { maskNumbers } from "../number-runs.ts";
import { secretsIn } from "./secrets.ts";

/** The keys of tags, in words, that say of their values that they are of a person. */
const personalKey = new RegExp(
  "(?:^|_)(?:(?:customer|caller|contact|lead|first|last|middle|full)_?name|[flm]name|surname|zip(?:_?code)?|" +
    "post(?:al)?_?code|e_?mail|phone|mobile|(?:e_?mail|home|street)?address|street|birth_?(?:day|date)|" +
    "date_?of_?birth|dob|ssn|social_?security)_?\\d*(?:$|_)|^name$",
);

/** Masks a tag's value: as a whole where its key says that it is of a person, else its telephone numbers. */
function maskTagValue(key: string, value: string): string {
  return value !== "" && personalKey.test(inWords(key)) ? PII_PLACEHOLDER : maskNumbers(value);
}

/** Masks keys and values, in the order of what is shown: that of the hidden keys would tell which is less. */
function maskTags(tags: Record<string, string>): Record<string, string> {
  const masked = Object.entries(tags).map(([key, value]) => [maskNumbers(key), maskTagValue(key, value)] as const);
  return withOwnNames(masked.toSorted(([key, value], other) => compare(key, other[0]) || compare(value, other[1])));
}

function compare(a: string, b: string): number {
  return Number(a > b) - Number(a < b);
}

/** Whether a filter, `key` or `key:value`, names what the mask of tags hides. */
function hidesTag(filterValue: string): boolean {
  const [key = "", ...rest] = filterValue.split(":");
  const value = rest.join(":");
  return maskNumbers(key) !== key || maskTagValue(key, value) !== value;
}

const keysAndValues = z.record(
  z.string().regex(/^[^:,\0]{1,64}$/, "must have a key of 1 to 64 characters without : , and NUL"),
  z
    .string()
    .max(255)
    .regex(/^[^\0]*$/, "must not contain a NUL character"),
);

/** The tags of a call: key and value. */
export const CallTags = secretsIn("tags", freeText(json(keysAndValues), maskTags, hidesTag));
