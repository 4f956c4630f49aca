/** What stands in the place of a secret, also within a URL. */

/** What stands in the place of a secret, also within a URL. */
const REDACTED = "[redacted]";
const REDACTED_IN_URL = encodeURIComponent(REDACTED);

/** The ends of names that hold secrets; short ones must be words of their own. */
const secretKeys = "auth|api|access|secret|private|signing|encryption|subscription|functions?";
const secretSuffixes = `(?:authorization|token|secret|password|passwd|passphrase|cookie|(?:${secretKeys})[-_]?key)`;
const secretWords = "auth|pwd|jwt";

/** How names stand in a text: as they are, or in JSON that escapes their letters. */
const asTheyAre = { any: "[A-Za-z0-9_.-]", between: "[-_.]", spelled: (pattern: string) => pattern };
const inEscapes = {
  any: "(?:[A-Za-z0-9_.-]|\\\\+u00[2-7][0-9a-f])",
  between: "(?:[-_.]|\\\\+u00(?:2d|2e|5f))",
  spelled: (pattern: string) =>
    pattern
      .replace(/[a-z0-9]/gi, (sign) => {
        const codes = [sign.toLowerCase(), sign.toUpperCase()].map((each) => each.charCodeAt(0).toString(16));
        return `(?:${sign}|\\\\+u00(?:${codes.join("|")}))`;
      })
      .replaceAll("[-_]", "(?:[-_]|\\\\+u00(?:2d|5f))"),
};

/** How many names' answers are remembered. */
const cachedNamesMax = 1000;

/** What takes secrets out of what is stored: of names with values, of URLs, of bodies, of texts for people and of JSON values. */
export type Redaction = ReturnType<typeof redaction>;

/** Takes out the auth key, `Authorization`, `Cookie`, `X-API-Key` and the like, and what goes by a name that the organization added; capitals do not matter. */
export function redaction(added: readonly string[] = []) {
  const whole = added.map((name) => `|${name.replaceAll(".", "\\.")}`).join("");
  const names = (words: string, { any, between, spelled } = asTheyAre) =>
    `(?:${any}*${spelled(secretSuffixes)}|(?:${any}*${between})?(?:${spelled(words)})${spelled(whole)})`;
  const secretName = new RegExp(
    `^\\s*(?:.*${secretSuffixes}|(?:.*[-_.[])?(?:${secretWords}|signature(?:[-_]?\\d+)?|credentials?)${whole})\\]?\\s*$`,
    "is",
  );
  // Inside a body a signature is no key, nor are the credentials that a URL names.
  const member = (how: typeof asTheyAre) =>
    new RegExp(`"${names(`${secretWords}|credentials?`, how)}(\\\\*)"\\s*:\\s*`, "gi");
  const [jsonName, escapedName] = [member(asTheyAre), member(inEscapes)];
  const urlSecret = new RegExp(`([?&#;]${names(secretWords)}=)[^&#"'\\s<>\\\\]+`, "gi");
  const userInText = /(:\/\/)[^\s/?#"'<>\\:]*:[^\s/?#"'<>\\]*@/g;

  // Names repeat in every record, and are tested once.
  const cachedNames = new Map<string, boolean>();
  const isSecret = (name: string) => {
    const answer = cachedNames.get(name) ?? secretName.test(name);
    if (cachedNames.size < cachedNamesMax) cachedNames.set(name, answer);
    return answer;
  };
  const urls = (text: string) =>
    /[=@]/.test(text)
      ? text.replace(userInText, `$1${REDACTED_IN_URL}@`).replace(urlSecret, `$1${REDACTED_IN_URL}`)
      : text;
  const nameIn = (text: string) => (/\\u00[2-7]/i.test(text) ? escapedName : jsonName);
  const inText = (text: string) => urls(text.includes('"') ? redactMembers(text, nameIn(text)) : text);
  const form = (text: string, replacement: string, separator = /(&)/) =>
    text
      .split(separator)
      .map((nameValue) => {
        const end = nameValue.indexOf("=");
        return end > 0 && isSecret(decodeName(nameValue.slice(0, end)))
          ? `${nameValue.slice(0, end)}=${replacement}`
          : nameValue;
      })
      .join("");

  return {
    isSecret,
    nameValues: <NameValue extends { name: string; value: string }>(nameValues: NameValue[]): NameValue[] =>
      nameValues.map((nameValue) => (isSecret(nameValue.name) ? { ...nameValue, value: REDACTED } : nameValue)),

    /** A URL without the secrets of its query and its fragment, and without its user and password. */
    url: (url: string): string => {
      const end = url.search(/[?#]|$/);
      const withoutUser = url.slice(0, end).replace(/(:\/\/)[^/?#]*@/, `$1${REDACTED_IN_URL}@`);
      return urls(withoutUser + url.charAt(end) + form(url.slice(end + 1), REDACTED_IN_URL, /([&#])/));
    },

    /** A body without the secrets of its form fields, or of its JSON members and the URLs in it; any other byte stays as it is. */
    body: (text: string, contentType: string | null): string =>
      /x-www-form-urlencoded/i.test(contentType ?? "") || (contentType === null && /^[\w.%+[\]-]+=/.test(text))
        ? form(text, REDACTED_IN_URL)
        : inText(text),

    text: inText,

    value: <Value>(value: Value): Value => {
      const text = JSON.stringify(value);
      const redactedText = inText(text);
      return redactedText === text ? value : (JSON.parse(redactedText) as Value);
    },
  };
}

/** A text whose JSON members of such names have a value no more: strings, numbers, arrays and objects, also within a JSON string. What is masked by asterisks stays. */
function redactMembers(text: string, name: RegExp): string {
  let result = "";
  let from = 0;
  name.lastIndex = 0;
  for (let found = name.exec(text); found; found = name.exec(text)) {
    const start = name.lastIndex;
    const [, slashes = ""] = found;
    const end = valueEnd(text, start, slashes.length);
    if (/^\\*"\**\\*"$/.test(text.slice(start, Math.min(end, start + 100)))) continue;
    if (end > start) result += `${text.slice(from, start)}${slashes}"${REDACTED}${slashes}"`;
    if (end > start) from = name.lastIndex = end;
  }
  return result + text.slice(from);
}

/** Where the JSON value ends that starts here, with so many backslashes before its quotes; words like `true` hold no secret and end at once. */
function valueEnd(text: string, start: number, slashes: number): number {
  if (text[start + slashes] === '"') return stringEnd(text, start + slashes + 1, slashes);
  if (text[start] !== "{" && text[start] !== "[")
    return start + (/^-?\d[\d.eE+-]*/.exec(text.slice(start, start + 400))?.[0].length ?? 0);
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    const character = text[at];
    if (character === '"') at = stringEnd(text, at + 1, slashes) - 1;
    else if (character === "{" || character === "[") depth++;
    else if ((character === "}" || character === "]") && --depth === 0) return at + 1;
  }
  return text.length;
}

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
