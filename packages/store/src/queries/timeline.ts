/** What an event needs to stand in a timeline, before it has its place. */
export type UnorderedEvent = { occurred_at: string; rank: number; tie: string };

/** Puts events in order: by time, then by source, then by id, so that the order is the same on every read. */
export function toTimeline<Event extends UnorderedEvent>(events: Event[], startedAt: string) {
  const sorted = events.toSorted(
    (a, b) => compare(a.occurred_at, b.occurred_at) || a.rank - b.rank || compare(a.tie, b.tie),
  );
  return sorted.map(({ rank: _, tie: __, ...event }, index) => ({
    ...event,
    sequence: index + 1,
    offset_ms: Date.parse(event.occurred_at) - Date.parse(startedAt),
  }));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
