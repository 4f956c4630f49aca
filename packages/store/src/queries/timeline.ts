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
