/** The number of backslashes before an index of a text. */
export function backslashesBefore(text: string, index: number): number {
  let count = 0;
  while (text[index - count - 1] === "\\") count++;
  return count;
}

/**
 * The end of a JSON string, after its quote, whose content starts at an index. `slashes` is the number of backslashes
 * before its quotes, where the JSON stands within a JSON string.
 */
export function stringEnd(text: string, start: number, slashes = 0): number {
  for (let quote = text.indexOf('"', start); quote >= 0; quote = text.indexOf('"', quote + 1)) {
    const before = backslashesBefore(text, quote);
    if (slashes === 0 ? before % 2 === 0 : before === slashes) return quote + 1;
  }
  return text.length;
}

/**
 * The end of the JSON value that starts at an index, with a number of backslashes before its quotes. Words like `true`
 * hold no secret and end where they start.
 */
export function valueEnd(text: string, start: number, slashes: number): number {
  if (text[start + slashes] === '"') return stringEnd(text, start + slashes + 1, slashes);
  if (isOneOf("{[", text[start])) return containerEnd(text, start, slashes);
  const [number = ""] = /^-?\d[\d.eE+-]*/.exec(text.slice(start, start + 400)) ?? [];
  return start + number.length;
}

/** The end of an object or array. */
function containerEnd(text: string, start: number, slashes: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    const character = text[at];
    if (character === '"') at = stringEnd(text, at + 1, slashes) - 1;
    else if (isOneOf("{[", character)) depth++;
    else if (isOneOf("}]", character) && --depth === 0) return at + 1;
  }
  return text.length;
}

function isOneOf(characters: string, character: string | undefined): boolean {
  return character !== undefined && characters.includes(character);
}
