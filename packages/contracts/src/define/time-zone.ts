import { z } from "zod";

/** The known time zones, from which an error message suggests the nearest. */
const timeZones = ["UTC", ...Intl.supportedValuesOf("timeZone")];

/** The zones that abbreviations stand for where they are used most. */
const abbreviated: Record<string, string> = {
  "ET EST EDT": "America/New_York",
  "CT CST CDT": "America/Chicago",
  "MT MST MDT": "America/Denver",
  "PT PST PDT": "America/Los_Angeles",
  "AKT AKST AKDT": "America/Anchorage",
  "HST HDT": "Pacific/Honolulu",
  "AST ADT": "America/Halifax",
  "BST WET WEST": "Europe/London",
  "CET CEST MET MEST": "Europe/Paris",
  "EET EEST": "Europe/Athens",
  IST: "Asia/Kolkata",
  JST: "Asia/Tokyo",
  "AET AEST AEDT": "Australia/Sydney",
};

/** The names of three letters that are no abbreviations with several meanings. */
const universal = new Set(["GMT", "UCT", "UTC"]);

/**
 * Whether a name is an abbreviation of a clock. `Intl` takes some that libraries for time zones do not, `CST` is a time
 * in America, China and Cuba, and `EST` never changes to daylight saving time.
 */
function isAbbreviation(name: string): boolean {
  return /^[a-z]{1,4}t$/i.test(name) && !/^egypt$/i.test(name) && !universal.has(name.toUpperCase());
}

function abbreviationMessage(name: unknown): string {
  const entries = Object.entries(abbreviated);
  const found = entries.find(([names]) => names.split(" ").includes(String(name).toUpperCase()));
  return `is an abbreviation: give the IANA time zone, like ${found?.[1] ?? "America/New_York"}`;
}

function isTimeZone(name: string): boolean {
  try {
    return /^[A-Za-z]/.test(name) && Boolean(new Intl.DateTimeFormat("en", { timeZone: name }));
  } catch {
    return false;
  }
}

/** The name of an IANA time zone. An offset is rejected, because its clock never changes to daylight saving time. */
export const TimeZone = z
  .string()
  .refine((name) => !/ \d{1,2}$/.test(name), {
    error: ({ input }) =>
      `has a space: a + is written %2B in a URL, as in ${String(input)
        .trim()
        .replace(/ (?=\d+$)/, "%2B")}`,
    abort: true,
  })
  .refine((name) => !/^(UTC|GMT)?[+-]?\d/i.test(name), {
    error:
      "must be an IANA time zone, like America/New_York; " +
      "an offset goes into `from` and `to`, like 2026-05-04T00:00:00-04:00",
    abort: true,
  })
  .refine((name) => !isAbbreviation(name), { error: ({ input }) => abbreviationMessage(input), abort: true })
  .refine(isTimeZone, { error: "is no IANA time zone", params: { nearest: timeZones } });
