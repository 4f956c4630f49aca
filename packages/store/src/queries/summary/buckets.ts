import { ApiError, summaryMax, type Interval } from "@moja/contracts";
import { Temporal } from "temporal-polyfill";

type Zoned = Temporal.ZonedDateTime;

/** The starts of a window's buckets: the window's own, then each new period of the zone's clock or calendar. */
export function bucketStarts({ from, to }: { from: number; to: number }, interval: Interval, zone: string): number[] {
  const starts = [from];
  const first = nextPeriod(periodOf(from, interval, zone), interval);
  for (let each = first; each.epochMilliseconds < to; each = nextPeriod(each, interval)) {
    if (each.epochMilliseconds <= from) continue;
    starts.push(each.epochMilliseconds);
    if (starts.length > summaryMax.buckets) throw tooManyBucketsError(interval);
  }
  return starts;
}

function tooManyBucketsError(interval: Interval): ApiError {
  const gives = `by ${interval} gives more than ${summaryMax.buckets.toLocaleString("en")} buckets in this window`;
  return new ApiError("invalid_request", undefined, [
    { path: "interval", message: `${gives}: take a longer one, or a shorter window` },
  ]);
}

/** The start of the period that a time, in milliseconds, lies in. */
function periodOf(time: number, interval: Interval, zone: string): Zoned {
  const at = Temporal.Instant.fromEpochMilliseconds(time).toZonedDateTimeISO(zone);
  return interval === "hour" ? fullHour(at) : firstDay(at.toPlainDate(), interval).toZonedDateTime(zone);
}

function firstDay(date: Temporal.PlainDate, interval: Exclude<Interval, "hour">): Temporal.PlainDate {
  if (interval === "month") return date.with({ day: 1 });
  return interval === "week" ? date.subtract({ days: date.dayOfWeek - 1 }) : date;
}

/** The start of the next period. */
function nextPeriod(start: Zoned, interval: Interval): Zoned {
  if (interval !== "hour")
    return start
      .toPlainDate()
      .add({ [`${interval}s`]: 1 })
      .toZonedDateTime(start.timeZoneId);
  // A clock that is set back by half an hour reaches the same full hour twice.
  for (let hours = 1; ; hours++) {
    const next = fullHour(start.add({ hours }));
    if (next.epochMilliseconds > start.epochMilliseconds) return next;
  }
}

/** The last full hour on the zone's clock; where the clock was set forward over it, the time when that happened. */
function fullHour(at: Zoned): Zoned {
  return at.round({ smallestUnit: "hour", roundingMode: "floor" });
}
