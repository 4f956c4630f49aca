import { z } from "zod";
import { freeText, json, PII_PLACEHOLDER } from "../fields.ts";
import { maskNumbers } from "../number-runs.ts";
import { secretsIn } from "./secrets.ts";

/** The keys of tags that say of their values that they are of a person. */
const personalKey = new RegExp(
  "(?:^|[._ -])(?:(?:customer|caller|contact|lead|first|last|middle|full)[._ -]?name|surname|zip(?:[._ -]?code)?|" +
    "post(?:al)?[._ -]?code|e-?mail|phone|mobile|address|street|birth[._ -]?(?:day|date)|date[._ -]of[._ -]birth|dob|" +
    "ssn)(?:$|[._ -])|^name$",
  "i",
);

/** Masks a tag's value: as a whole where its key says that it is of a person, else its telephone numbers. */
function maskTagValue(key: string, value: string): string {
  return value !== "" && personalKey.test(key) ? PII_PLACEHOLDER : maskNumbers(value);
}

/** Whether a filter, `key` or `key:value`, names what the mask of tags hides. */
function hidesTag(filterValue: string): boolean {
  const [key = "", ...rest] = filterValue.split(":");
  const value = rest.join(":");
  return maskNumbers(key) !== key || maskTagValue(key, value) !== value;
}

const keysAndValues = z.record(
  z.string().regex(/^[^:,\0]{1,64}$/),
  z
    .string()
    .max(255)
    .regex(/^[^\0]*$/, "must not contain a NUL character"),
);

/** The tags of a call: key and value. */
export const CallTags = secretsIn(
  "tags",
  freeText(
    json(keysAndValues),
    (tags) =>
      Object.fromEntries(Object.entries(tags).map(([key, value]) => [maskNumbers(key), maskTagValue(key, value)])),
    hidesTag,
  ),
);
