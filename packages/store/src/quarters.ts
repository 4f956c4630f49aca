/** A quarter of an hour: every zone's clock of today comes to its hours and its days at the edge of one. */
export const quarterMs = 15 * 60 * 1000;

/** The quarter of an hour that a moment lies in. */
export function quarterOf(moment: number): number {
  return Math.floor(moment / quarterMs) * quarterMs;
}

/** The same in SQL. */
export function quarterSql(moment: string): string {
  return `${moment} / ${quarterMs} * ${quarterMs}`;
}
