export const hourMs = 60 * 60 * 1000;
export const fourHoursMs = 4 * hourMs;
export const dayMs = 24 * hourMs;

/** SQL for the start of the hour, in UTC, of a time in milliseconds. */
export function hourSql(time: string): string {
  return `${time} / ${hourMs} * ${hourMs}`;
}
