import { z } from "zod";

/** The known time zones, from which an error message suggests the nearest. */
const timeZones = ["UTC", ...Intl.supportedValuesOf("timeZone")];

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
  .refine((name) => !/^(UTC|GMT)?[+-]?\d/i.test(name), {
    error:
      "must be an IANA time zone, like America/New_York; " +
      "an offset goes into `from` and `to`, like 2026-05-04T00:00:00-04:00",
    abort: true,
  })
  .refine(isTimeZone, { error: "is no IANA time zone", params: { nearest: timeZones } });
