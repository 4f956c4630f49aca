import { formatTimestamp } from "../database/format-timestamp.ts";

/** An event that has no place in its timeline yet. */
export type UnorderedEvent = {
  occurred_at: string;
  /** Orders the sources of events that occurred at the same time. */
  rank: number;
  /** Orders the events of one source that occurred at the same time: their id. */
  tie: string;
};

/** Orders events by time, then source, then id, so that every read gives the same order. */
export function toTimeline<Event extends UnorderedEvent>(events: Event[], startedAt: string) {
  const sorted = events.toSorted(
    (a, b) => compare(a.occurred_at, b.occurred_at) || a.rank - b.rank || compare(a.tie, b.tie),
  );
  return sorted.map(({ rank: _rank, tie: _tie, ...event }, index) => ({
    ...event,
    sequence: index + 1,
    offset_ms: Date.parse(event.occurred_at) - Date.parse(startedAt),
  }));
}

function compare(a: string, b: string): number {
  return Number(a > b) - Number(a < b);
}

const lastInstantMs = Date.UTC(10_000, 0, 1) - 1;

/** A time that was computed, as an instant: one beyond what the wire can name is the last that it can. */
export function instantAt(ms: number): string {
  return formatTimestamp(Math.min(ms, lastInstantMs));
}

/** The most characters of a message on the wire. */
const messageMax = 2048;

/** A message that was composed of recorded texts: cut where these are as long as a message may be. */
export function messageOf(text: string): string {
  return text.length <= messageMax ? text : `${text.slice(0, messageMax - 1).toWellFormed()}…`;
}

/** A text that begins with a capital letter. */
export function firstUpper(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
