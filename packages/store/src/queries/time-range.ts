import { toCanonicalInstant } from "@moja/contracts";
import { Temporal } from "temporal-polyfill";

/** The moment that a text names: of a date its first in a zone. */
export function instantIn(zone: string, text: string): string {
  if (text.includes("T")) return toCanonicalInstant(text);
  return new Date(Temporal.PlainDate.from(text).toZonedDateTime(zone).epochMilliseconds).toISOString();
}

/** The ends of a window, as far as they are given, as moments. */
export function windowBounds(zone: string, { from, to }: { from?: string | undefined; to?: string | undefined }) {
  return { from: from && instantIn(zone, from), to: to && instantIn(zone, to) };
}
