import { z } from "zod";

/**
 * The instants that a window can name, in milliseconds. A record's own instants lie between both: an epoch of zero is a
 * value that nobody set, and a window's end is exclusive.
 */
export const instantRange = { from: 0, to: Date.UTC(10_000, 0, 1) - 1 } as const;

/** An instant as it is kept, within the range and of a day that every month has: most need no more than this test. */
const isUsual =
  /^(?:197[1-9]|19[89]\d|[2-9]\d{3})-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/;
const rfc3339 =
  /^(\d{4}-\d\d-\d\d)[Tt ]((?:[01]\d|2[0-3]):[0-5]\d)(?::([0-5]\d)(?:\.(\d+))?)?(?:[Zz]|([+-])([01]\d|2[0-3]):?([0-5]\d))$/;

/**
 * Parses an instant as RFC 3339 writes it, with an offset, to milliseconds; digits beyond the third are cut. NaN for
 * any other text.
 */
function parseInstant(text: string): number {
  const [, date = "", minute = "", second = "00", fraction = "", sign, hours, minutes] = rfc3339.exec(text) ?? [];
  const offset = (sign === "-" ? -1 : 1) * (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * 60_000;
  return parseClock(date, `${minute}:${second}.${fraction.slice(0, 3).padEnd(3, "0")}`) - offset;
}

/** Parses a date and a time in UTC; NaN for a day that its month does not have. */
function parseClock(date: string, time: string): number {
  const ms = Date.parse(`${date}T${time}Z`);
  return date.slice(8) <= "28" || new Date(ms).getUTCDate() === Number(date.slice(8)) ? ms : NaN;
}

/** Parses a date, in UTC, or an instant, to milliseconds. NaN for any other text. */
export function parseDateOrInstant(text: string): number {
  return z.iso.date().safeParse(text).success ? Date.parse(text) : parseInstant(text);
}

/** Converts a date or an instant as callers write it to the form of the wire. */
export function toCanonicalInstant(text: string): string {
  return new Date(parseDateOrInstant(text)).toISOString();
}

const formMessage = "must be a moment with its offset, like 2026-05-04T12:00:00.000Z or 2026-05-04T08:00:00-04:00";
const rangeMessage =
  "must be after 1970-01-01T00:00:00.000Z and before 9999-12-31T23:59:59.999Z: a zero time says that there is none, " +
  "so send null or leave it out";

const leapSecondMessage =
  "has a leap second, which no clock here counts: send second 59 of its minute, or second 00 of the next";

/** What is wrong with an instant of a record; undefined where nothing is. Zero times are named, also malformed ones. */
function instantIssue(text: string, ms: number): string | undefined {
  if (/^000[01]-/.test(text) || ms <= instantRange.from || ms >= instantRange.to) return rangeMessage;
  if (!Number.isNaN(ms)) return undefined;
  return /[T ]\d\d:\d\d:60/i.test(text) ? leapSecondMessage : formMessage;
}

/** An instant as producers write it: any offset and any number of decimals, kept in UTC to the millisecond. */
export const InstantInput = z
  .string(formMessage)
  .check((payload) => {
    if (isUsual.test(payload.value)) return;
    const ms = parseInstant(payload.value);
    const message = instantIssue(payload.value, ms);
    if (message === undefined) payload.value = new Date(ms).toISOString();
    else payload.issues.push({ code: "custom", message, input: payload.value });
  })
  .meta({ format: "date-time" });
