/** Replaces a secret; within a URL, encoded. */
const REDACTED = "[redacted]";
const REDACTED_IN_URL = encodeURIComponent(REDACTED);

/** The ends of names that hold secrets; the short ones must be whole words. */
const secretKeys = "auth|api|access|secret|private|signing|encryption|subscription|functions?";
const secretSuffixes = `(?:authorization|token|secret|password|passwd|passphrase|cookie|(?:${secretKeys})[-_]?key)`;
const secretWords = "auth|pwd|jwt";

/** How a name is spelled in a text: the pattern of any character, of a separator, and of a pattern's letters. */
type Spelling = { any: string; between: string; spelled: (pattern: string) => string };

const plainSpelling: Spelling = { any: "[A-Za-z0-9_.-]", between: "[-_.]", spelled: (pattern) => pattern };

/** JSON may escape any character of a name as `\uXXXX`. */
const escapedSpelling: Spelling = {
  any: "(?:[A-Za-z0-9_.-]|\\\\+u00[2-7][0-9a-f])",
  between: "(?:[-_.]|\\\\+u00(?:2d|2e|5f))",
  spelled: (pattern) =>
    pattern
      .replace(/[a-z0-9]/gi, (sign) => {
        const codes = [sign.toLowerCase(), sign.toUpperCase()].map((each) => each.charCodeAt(0).toString(16));
        return `(?:${sign}|\\\\+u00(?:${codes.join("|")}))`;
      })
      .replaceAll("[-_]", "(?:[-_]|\\\\+u00(?:2d|5f))"),
};

const userInUrl = /(:\/\/)[^/?#]*@/;
const userInText = /(:\/\/)[^\s/?#"'<>\\:]*:[^\s/?#"'<>\\]*@/g;

/** How many names a redaction remembers the answer for. */
const cachedNamesMax = 1000;

/** Removes secrets from records before they are stored. */
export type Redaction = ReturnType<typeof redaction>;

/**
 * Creates a redaction of what is named like an auth key, `Authorization`, `Cookie`, `X-API-Key` and similar, or by a
 * name that the organization added. Case does not matter.
 */
export function redaction(added: readonly string[] = []) {
  const patterns = secretPatterns(added);
  const isSecret = cachedTest(patterns.name);
  const urls = (text: string) =>
    /[=@]/.test(text)
      ? text.replace(userInText, `$1${REDACTED_IN_URL}@`).replace(patterns.urlParameter, `$1${REDACTED_IN_URL}`)
      : text;
  const memberOf = (text: string) => (/\\u00[2-7]/i.test(text) ? patterns.escapedMember : patterns.member);
  const inText = (text: string) => urls(text.includes('"') ? redactMembers(text, memberOf(text)) : text);
  const redactPair = (pair: string) => {
    const end = pair.indexOf("=");
    const name = pair.slice(0, end);
    return end > 0 && isSecret(decodeName(name)) ? `${name}=${REDACTED_IN_URL}` : pair;
  };
  const form = (text: string, separator: RegExp) => text.split(separator).map(redactPair).join("");

  return {
    isSecret,

    /** Redacts the values of headers or parameters by their names. */
    nameValues: <NameValue extends { name: string; value: string }>(nameValues: NameValue[]): NameValue[] =>
      nameValues.map((nameValue) => (isSecret(nameValue.name) ? { ...nameValue, value: REDACTED } : nameValue)),

    /** Redacts a URL's user and password, and the secrets of its query and fragment. */
    url: (url: string): string => {
      const end = url.search(/[?#]|$/);
      const withoutUser = url.slice(0, end).replace(userInUrl, `$1${REDACTED_IN_URL}@`);
      return urls(withoutUser + url.charAt(end) + form(url.slice(end + 1), /([&#])/));
    },

    /** Redacts a body's form fields, or its JSON members and the URLs in it; every other byte stays as it is. */
    body: (text: string, contentType: string | null): string =>
      /x-www-form-urlencoded/i.test(contentType ?? "") || (contentType === null && /^[\w.%+[\]-]+=/.test(text))
        ? form(text, /(&)/)
        : inText(text),

    /** Redacts the JSON members and URLs in a text for people. */
    text: inText,

    /** Redacts a JSON value. */
    value: <Value>(value: Value): Value => {
      const text = JSON.stringify(value);
      const redacted = inText(text);
      if (redacted === text) return value;
      const parsed: Value = JSON.parse(redacted);
      return parsed;
    },
  };
}

/**
 * The patterns of secret names: a name by itself, a parameter in a URL, and a JSON member with its quotes and colon.
 */
function secretPatterns(added: readonly string[]) {
  const whole = added.map((name) => `|${name.replaceAll(".", "\\.")}`).join("");
  const names = (words: string, { any, between, spelled }: Spelling) =>
    `(?:${any}*${spelled(secretSuffixes)}|(?:${any}*${between})?(?:${spelled(words)})${spelled(whole)})`;
  const word = `(?:${secretWords}|signature(?:[-_]?\\d+)?|credentials?)`;
  // Inside a body a signature is no key, nor are the credentials that a URL names.
  const member = (spelling: Spelling) =>
    new RegExp(`"${names(`${secretWords}|credentials?`, spelling)}(\\\\*)"\\s*:\\s*`, "gi");
  return {
    name: new RegExp(`^\\s*(?:.*${secretSuffixes}|(?:.*[-_.[])?${word}${whole})\\]?\\s*$`, "is"),
    urlParameter: new RegExp(`([?&#;]${names(secretWords, plainSpelling)}=)[^&#"'\\s<>\\\\]+`, "gi"),
    member: member(plainSpelling),
    escapedMember: member(escapedSpelling),
  };
}

/** Tests each name once: the same names occur in every record. */
function cachedTest(pattern: RegExp): (name: string) => boolean {
  const cached = new Map<string, boolean>();
  return (name) => {
    const result = cached.get(name) ?? pattern.test(name);
    if (cached.size < cachedNamesMax) cached.set(name, result);
    return result;
  };
}

/**
 * Redacts the values of the JSON members that `name` matches, also within a JSON string. Values masked by asterisks
 * stay.
 */
function redactMembers(text: string, name: RegExp): string {
  let result = "";
  let from = 0;
  name.lastIndex = 0;
  for (let found = name.exec(text); found; found = name.exec(text)) {
    const start = name.lastIndex;
    const [, slashes = ""] = found;
    const end = valueEnd(text, start, slashes.length);
    if (end <= start || /^\\*"\**\\*"$/.test(text.slice(start, Math.min(end, start + 100)))) continue;
    result += `${text.slice(from, start)}${slashes}"${REDACTED}${slashes}"`;
    from = name.lastIndex = end;
  }
  return result + text.slice(from);
}

/**
 * The end of the JSON value that starts at an index, with a number of backslashes before its quotes. Words like `true`
 * hold no secret and end where they start.
 */
function valueEnd(text: string, start: number, slashes: number): number {
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

/** The end of a string whose quotes have a number of backslashes before them. */
function stringEnd(text: string, start: number, slashes: number): number {
  for (let quote = text.indexOf('"', start); quote >= 0; quote = text.indexOf('"', quote + 1)) {
    let before = 0;
    while (quote - before > start && text[quote - before - 1] === "\\") before++;
    if (slashes === 0 ? before % 2 === 0 : before === slashes) return quote + 1;
  }
  return text.length;
}

/** The redaction of an organization that adds no names. */
export const defaultRedaction = redaction();

function decodeName(name: string): string {
  try {
    return decodeURIComponent(name.replaceAll("+", " "));
  } catch {
    return name;
  }
}
