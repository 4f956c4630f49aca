import { z } from "zod";

/** The time zones that are named when another is not known. */
const timeZones = ["UTC", ...Intl.supportedValuesOf("timeZone")];

function isTimeZone(name: string): boolean {
  try {
    return /^[A-Za-z]/.test(name) && Boolean(new Intl.DateTimeFormat("en", { timeZone: name }));
  } catch {
    return false;
  }
}

/** An IANA time zone by its name. An offset is none, since it knows of no clock that changes. */
export const TimeZone = z
  .string()
  .refine((name) => !/^(UTC|GMT)?[+-]?\d/i.test(name), {
    error:
      "must be an IANA time zone, like America/New_York; an offset goes into `from` and `to`, like 2026-05-04T00:00:00-04:00",
    abort: true,
  })
  .refine(isTimeZone, { error: "is no IANA time zone", params: { nearest: timeZones } });
