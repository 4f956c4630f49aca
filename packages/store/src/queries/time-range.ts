import { canonicalInstant } from "@moja/contracts";
import { Temporal } from "temporal-polyfill";

/** The moment that a text names: of a date its first in a zone. */
export function momentIn(zone: string, text: string): string {
  if (text.includes("T")) return canonicalInstant(text);
  return new Date(Temporal.PlainDate.from(text).toZonedDateTime(zone).epochMilliseconds).toISOString();
}

/** The ends of a window, as far as they are given, as moments. */
export function endsIn(zone: string, { from, to }: { from?: string | undefined; to?: string | undefined }) {
  return { from: from && momentIn(zone, from), to: to && momentIn(zone, to) };
}
