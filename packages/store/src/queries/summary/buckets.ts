import { ApiError, summaryMax, type Interval } from "@moja/contracts";
import { Temporal } from "temporal-polyfill";

type Zoned = Temporal.ZonedDateTime;

/** Where the buckets of a window start, in order: the first with the window, each other where the zone's clock or calendar begins a new one. */
export function bucketStarts({ from, to }: { from: number; to: number }, interval: Interval, zone: string): number[] {
  const starts = [from];
  for (
    let each = after(beginning(from, interval, zone), interval);
    each.epochMilliseconds < to;
    each = after(each, interval)
  ) {
    if (each.epochMilliseconds <= from) continue;
    starts.push(each.epochMilliseconds);
    if (starts.length > summaryMax.buckets)
      throw new ApiError("invalid_request", undefined, [
        {
          path: "interval",
          message: `by ${interval} gives more than ${summaryMax.buckets.toLocaleString("en")} buckets in this window: take a longer one, or a shorter window`,
        },
      ]);
  }
  return starts;
}

/** The beginning of the bucket that a moment lies in. */
function beginning(moment: number, interval: Interval, zone: string): Zoned {
  const at = Temporal.Instant.fromEpochMilliseconds(moment).toZonedDateTimeISO(zone);
  if (interval === "hour") return fullHour(at);
  const date = at.toPlainDate();
  const first =
    interval === "month"
      ? date.with({ day: 1 })
      : interval === "week"
        ? date.subtract({ days: date.dayOfWeek - 1 })
        : date;
  return first.toZonedDateTime(zone);
}

/** The beginning of the bucket after. */
function after(start: Zoned, interval: Interval): Zoned {
  if (interval !== "hour")
    return start
      .toPlainDate()
      .add({ [`${interval}s`]: 1 })
      .toZonedDateTime(start.timeZoneId);
  // A clock that is set back by half an hour comes to the same full hour twice.
  for (let hours = 1; ; hours++) {
    const next = fullHour(start.add({ hours }));
    if (next.epochMilliseconds > start.epochMilliseconds) return next;
  }
}

/** The full hour that a clock has come to; where it was set forward over one, the moment when it was. */
function fullHour(at: Zoned): Zoned {
  return at.round({ smallestUnit: "hour", roundingMode: "floor" });
}
