export const hourMs = 60 * 60 * 1000;
export const fourHoursMs = 4 * hourMs;
export const dayMs = 24 * hourMs;

/** The full hour, in UTC, that a moment lies in, in SQL. */
export function hourSql(moment: string): string {
  return `${moment} / ${hourMs} * ${hourMs}`;
}
