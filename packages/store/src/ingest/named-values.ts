import { backslashesBefore, valueEnd } from "./json-string.ts";

/** Replaces a secret; within a URL, encoded. */
export const REDACTED = "[redacted]";
export const REDACTED_IN_URL = encodeURIComponent(REDACTED);

/** A value that stands behind a secret name, and what replaces it. */
type SecretValue = { start: number; end: number; replacement: string };

type NameTest = (name: string) => boolean;

const [colon, equals, quote] = [58, 61, 34];

/** The longest name that is looked at. */
const nameLengthMax = 1024;

/** Which ASCII characters a name in a URL, a form or a header has. */
const nameCharacters = Array.from({ length: 128 }, (_, code) => /[\w.%[\]-]/.test(String.fromCharCode(code)));

/**
 * Redacts the values in a text that stand behind a secret name: of JSON members, also of JSON within a JSON string
 * (`"token":"…"`), of parameters (`token=…`), and of headers (`Authorization: Bearer …`).
 */
export function redactNamedValues(text: string, isSecret: NameTest): string {
  let result = "";
  let from = 0;
  for (let at = nextSign(text, 0); at >= 0; at = nextSign(text, at + 1)) {
    const isColon = text.charCodeAt(at) === colon;
    const found = isColon ? valueAfterColon(text, at, isSecret) : parameterValue(text, at, isSecret);
    if (!found) continue;
    result += text.slice(from, found.start) + found.replacement;
    from = found.end;
    at = found.end - 1;
  }
  return from === 0 ? text : result + text.slice(from);
}

/** The index of the next colon or equals sign; -1 where there is none. */
function nextSign(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    const sign = text.charCodeAt(at);
    if (sign === colon || sign === equals) return at;
  }
  return -1;
}

/** The value of a JSON member where a quote stands before the colon, else of a header. */
function valueAfterColon(text: string, at: number, isSecret: NameTest): SecretValue | undefined {
  let end = at;
  while (isSpace(text.charCodeAt(end - 1))) end--;
  const isMember = text.charCodeAt(end - 1) === quote;
  const start = spacesEnd(text, at + 1);
  return isMember
    ? memberValue(text, { nameEnd: end - 1, start }, isSecret)
    : headerValue(text, { nameEnd: end, start }, isSecret);
}

/** Where a name ends and where its value starts. */
type Bounds = { nameEnd: number; start: number };

/** A string of asterisks, which is masked already, or a number that is too short for a secret. */
const isHarmless = /^(?:\\*"\**\\*"|-?\d{1,3})$/;

/** The value of a JSON member whose name ends at a quote, unless it is harmless. */
function memberValue(text: string, { nameEnd, start }: Bounds, isSecret: NameTest): SecretValue | undefined {
  const slashes = backslashesBefore(text, nameEnd);
  const name = memberName(text, nameEnd - slashes, slashes);
  if (name === undefined) return undefined;
  if (!isSecret(name)) return pairsName.test(name) ? pairValue(text, { nameEnd, start }, isSecret) : undefined;
  const end = valueEnd(text, start, slashes);
  if (end <= start || isHarmless.test(text.slice(start, Math.min(end, start + 100)))) return undefined;
  const mark = `${"\\".repeat(slashes)}"`;
  return { start, end, replacement: mark + REDACTED + mark };
}

/** How a pair of a name and a value is written: `{"name":"password","value":"…"}`, as in HAR and Postman. */
const pairsName = /^(?:name|key)$/i;
const pairsValue = /\s*,\s*\\*"value\\*"\s*:\s*/iy;

/** The value of a pair whose name is secret; `start` is where the name begins. */
function pairValue(text: string, { nameEnd, start }: Bounds, isSecret: NameTest): SecretValue | undefined {
  const slashes = backslashesBefore(text, nameEnd);
  const end = valueEnd(text, start, slashes);
  const name = memberName(text, end - 1 - slashes, slashes);
  const valueStart = matchEnd(pairsValue, text, end);
  if (valueStart === end || name === undefined || !isSecret(name)) return undefined;
  const mark = `${"\\".repeat(slashes)}"`;
  return { start: valueStart, end: valueEnd(text, valueStart, slashes), replacement: mark + REDACTED + mark };
}

/** The name of a JSON member that ends at an index, its escapes read; `slashes` backslashes stand before its quotes. */
function memberName(text: string, end: number, slashes: number): string | undefined {
  const start = text.lastIndexOf('"', end - 1);
  if (start < 0 || end - start > nameLengthMax || backslashesBefore(text, start) !== slashes) return undefined;
  const name = text.slice(start + 1, end);
  return name.includes("\\") ? name.replace(/\\+u([\da-f]{4})/gi, (_, code: string) => characterOf(code)) : name;
}

function characterOf(code: string): string {
  return String.fromCharCode(parseInt(code, 16));
}

/** Names that are secret before a colon in a text for people, whatever follows. */
const headerName = /[-_].*[a-z]$|^(?:authorization|cookie|pass(?:words?|wd|phrase|code)|pwd)$/i;

/** What makes a secret of what follows other names, which may be a topic: `Token: expired`, `Token: 1 of 3`. */
const looksRandom = /(?=[^\s"'<>\\;,]{0,64}?[a-z])(?=[^\s"'<>\\;,]{0,64}?\d)[^\s"'<>\\;,]{6}/iy;
const headerContent =
  /(?:(?:Bearer|Basic|Digest|Token|ApiKey) +)?[^\s"'<>\\;]*[^\s"'<>\\;,](?:; *[\w.-]+=[^\s"'<>\\;]*[^\s"'<>\\;,])*/iy;

function headerValue(text: string, { nameEnd, start }: Bounds, isSecret: NameTest): SecretValue | undefined {
  const name = wordBefore(text, nameEnd);
  if (name === "" || !isSecret(name)) return undefined;
  if (!headerName.test(name) && matchEnd(looksRandom, text, start) === start) return undefined;
  return { start, end: matchEnd(headerContent, text, start), replacement: REDACTED };
}

/** The value of a parameter of a query. Punctuation at its end belongs to the text around it. */
const queryContent = /[^&#"'\s<>\\]*[^&#"'\s<>\\,;.)]/y;

/** The value of any other parameter, in a path or a text: there it also ends before the next one, `;a=1` or `?a=1`. */
const parameterContent =
  /(?:(?:Bearer|Basic|Digest|Token|ApiKey) +)?(?:(?![?;,][\w.%[\]-]+=)[^&#"'\s<>\\])*[^&#"'\s<>\\?,;.)]/iy;

function parameterValue(text: string, at: number, isSecret: NameTest): SecretValue | undefined {
  const name = wordBefore(text, at);
  if (name === "" || !isSecret(decodeName(name))) return undefined;
  const before = text.charAt(at - name.length - 1);
  const end = matchEnd(/[?&#]/.test(before) ? queryContent : parameterContent, text, at + 1);
  const isInUrl = /[?&#;]/.test(before);
  return end > at + 1 ? { start: at + 1, end, replacement: isInUrl ? REDACTED_IN_URL : REDACTED } : undefined;
}

/** The word of a name's characters that ends at an index. What JSON escapes before it, like a line break, is no part. */
function wordBefore(text: string, end: number): string {
  let start = end;
  while (end - start < nameLengthMax && nameCharacters[text.charCodeAt(start - 1)]) start--;
  const word = text.slice(start, end);
  return text[start - 1] === "\\" ? word.replace(/^(?:u[\da-f]{4}|[nrt])/i, "") : word;
}

/** Where the match of a sticky pattern ends. */
function matchEnd(pattern: RegExp, text: string, start: number): number {
  pattern.lastIndex = start;
  return pattern.test(text) ? pattern.lastIndex : start;
}

function isSpace(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13);
}

function spacesEnd(text: string, start: number): number {
  let end = start;
  while (isSpace(text.charCodeAt(end))) end++;
  return end;
}

/** A name or value of a URL or a form without its encoding. */
export function decodeName(name: string): string {
  if (!/[%+]/.test(name)) return name;
  try {
    return decodeURIComponent(name.replaceAll("+", " "));
  } catch {
    return name;
  }
}
