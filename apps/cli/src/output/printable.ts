/**
 * Characters that a terminal obeys instead of showing them: controls (escape sequences, carriage returns, C1), line and
 * paragraph separators, and those that turn the direction of a text.
 */
const obeyed = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu;

const shortEscapes: Record<string, string> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

function escape(character: string): string {
  return shortEscapes[character] ?? unicodeEscape(character);
}

function unicodeEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** A text that others wrote, for a line of the terminal: what it would obey is shown as in JSON. */
export function printable(text: string): string {
  return text.replace(obeyed, escape);
}

/** The same for every text of a value. */
export function printableValues<Value>(value: Value): Value {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- texts become texts, and all else stays
  return mapTexts(value) as Value;
}

function mapTexts(value: unknown): unknown {
  if (typeof value === "string") return printable(value);
  if (Array.isArray(value)) return value.map(mapTexts);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [printable(name), mapTexts(each)]));
}

/** A message of several lines, like that of an error: its own line ends stay. */
export function printableLines(text: string): string {
  return text.split("\n").map(printable).join("\n");
}

/** A value as JSON that a terminal shows as it is: the same value for who parses it. */
export function printableJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(obeyed, (character) =>
    character === "\n" ? character : unicodeEscape(character),
  );
}
