/** The number of backslashes before an index of a text. */
export function backslashesBefore(text: string, index: number): number {
  let count = 0;
  while (text[index - count - 1] === "\\") count++;
  return count;
}

/** The end of a JSON string, after its quote, whose content starts at an index. */
export function stringEnd(text: string, start: number): number {
  let quote = text.indexOf('"', start);
  while (quote >= 0 && backslashesBefore(text, quote) % 2 === 1) quote = text.indexOf('"', quote + 1);
  return quote < 0 ? text.length : quote + 1;
}
