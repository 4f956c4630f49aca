import { toCanonicalInstant } from "@moja/contracts";
import { Temporal } from "temporal-polyfill";

/** The instant of a date (its start in the zone) or of a date with time and offset. */
export function instantIn(zone: string, text: string): string {
  if (text.length > "2026-05-04".length) return toCanonicalInstant(text);
  return new Date(Temporal.PlainDate.from(text).toZonedDateTime(zone).epochMilliseconds).toISOString();
}

/** The given bounds of a window as instants. */
export function windowBounds(zone: string, { from, to }: { from?: string | undefined; to?: string | undefined }) {
  return { from: from && instantIn(zone, from), to: to && instantIn(zone, to) };
}
