import { decodeEscapes, fromBase64 } from "./decode-escapes.ts";
import { harmless, separator } from "./harmless-digits.ts";

/**
 * Telephone numbers in texts, however they are spelled. They are found by their digits alone: a mask must not depend on
 * a number being valid in its country's plan, nor on an encoding that a parser knows.
 */

/** What escapes of digits hold, for percent-encoding, JSON or JavaScript, and XML. */
const percentDigit = String.raw`(?:u00)?3\d`;
const escapedDigit = String.raw`(?:u003\d|x3\d|u\{0{0,4}3\d\})`;
const entityDigit = String.raw`(?:0{0,6}(?:4[89]|5[0-7])|x0{0,6}3\d);`;

/** A digit: of any script, percent-encoded (also twice), or escaped for JSON, JavaScript or XML. */
const digit = String.raw`(?:[\p{Nd}\p{No}]|%(?:25){0,3}${percentDigit}|\\{1,4}${escapedDigit}|&#${entityDigit})`;

/** What may stand between two digits of a number when it is encoded. */
const encodedSeparator = [
  String.raw`%(?:25){0,3}(?!${percentDigit})(?:u[\da-f]{4}|[\da-f]{2})`,
  String.raw`\\{1,4}(?!${escapedDigit})(?:u[\da-f]{4}|x[\da-f]{2}|u\{[\da-f]{1,6}\})`,
  String.raw`&(?:#(?!${entityDigit})x?[\da-f]{1,8}|[a-z]{2,8});`,
].join("|");

/** The plus before a country, plain or encoded. */
const plus =
  String.raw`(?:[+\u{FF0B}\u{FE62}]|%(?:25){0,3}(?:u00)?2b|\\{1,4}(?:u002b|x2b|u\{0{0,4}2b\})|` +
  "&(?:plus|#0{0,6}43|#x0{0,6}2b);)";

/** A number of North America in its three groups, with signs or tags between them that other texts have, too. */
const between = String.raw`(?:<[^<>\d]{1,20}>|[^\p{L}\p{N}"{}]|x){1,7}`;
const listedNumber = String.raw`\d{3}${between}\d{3}${between}\d{4}`;

/** An opening bracket whose closing one is within a run. */
const bracket = String.raw`(?:\((?=\+?\p{N}{1,6}\)))?`;

/** Seven digits or more. Every repetition but the last is bounded, so that any text is read in linear time. */
const numberRun = new RegExp(
  `${bracket}${plus}?${digit}(?:(?:${separator}|${encodedSeparator}){0,4}${digit}){6,}|${listedNumber}`,
  "giu",
);

/** The same for nearly all texts, which are ASCII without escapes: several times as fast. */
const plainNumberRun = new RegExp(
  `${bracket}\\+?\\d(?:[^\\dA-Za-z,;:"'<>=&%\\\\\\n\\r|{}]{0,4}\\d){6,}|${listedNumber}`
    .replaceAll(String.raw`\p{L}\p{N}`, String.raw`A-Za-z\d`)
    .replaceAll(String.raw`\p{N}`, String.raw`\d`),
  "g",
);
const plainText = /^[\0-$'-[\]-\x7F]*$/;

const digitToken = new RegExp(`(${digit})|${encodedSeparator}`, "giu");
const leadingPlus = new RegExp(`^\\(?${plus}`, "iu");
const anyPlus = new RegExp(plus, "giu");

/** A word that is long enough to be a number in base64. */
const base64Word = /[A-Za-z0-9+/_-]{10,}={0,2}/g;

/** Three digits in base64, where they begin a group of it. A number of seven holds such a group. */
const base64Digits = /[MNO][DTjz][AEIMQUYcgk][w-z0-5]/;

/** The fewest signs of base64 that hold seven digits. */
const base64WordMin = 10;

/** A word that is long enough to be a number in base64 of base64, which holds no digits in base64 itself. */
const nestedBase64Word = /[A-Za-z0-9+/_-]{16,}/;

/** How often base64 and escapes may be in each other. */
const decodedLevels = 3;

/** The fewest digits of a run. */
const runDigitsMin = 7;

/** English words for digits. */
const digitWords: Record<string, string> = {
  zero: "0",
  oh: "0",
  o: "0",
  one: "1",
  two: "2",
  three: "3",
  four: "4",
  five: "5",
  six: "6",
  seven: "7",
  eight: "8",
  nine: "9",
};
const digitWord = `(?:${Object.keys(digitWords).join("|")})`;
const betweenWords = String.raw`[\s,.;/()-]{1,4}`;

/** A number that is spelled out digit by digit. Nobody counts seven digits in a row for another reason. */
const spelledRun = new RegExp(
  String.raw`(?:\bplus${betweenWords})?\b${digitWord}(?:${betweenWords}${digitWord}){${runDigitsMin - 1},}\b`,
  "gi",
);
const twoDigitWords = new RegExp(`${digitWord}${betweenWords}${digitWord}`, "i");

/** A word from its first escape on, and a digit before it: its escapes may be escaped once more, where no run was found. */
const escapedWord = new RegExp(String.raw`(?:\b${digitWord}|\d{0,20})[%\\&]\S*`, "gi");

/**
 * Whether a text may hold a number at all: it has enough digits, an escape, a sign beyond ASCII, or base64 of digits.
 * Nearly every text of a row has none, and is told so ten times as fast as by the patterns.
 */
function mayHoldNumber(text: string): boolean {
  let digits = 0;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code >= 0x30 && code <= 0x39) digits++;
    else if (code > 0x7f || code === 0x25 || code === 0x26 || code === 0x5c) return true;
    if (digits === runDigitsMin) return true;
  }
  if (text.length < base64WordMin) return false;
  return base64Digits.test(text) || nestedBase64Word.test(text) || twoDigitWords.test(text);
}

function runIn(text: string): RegExp {
  return plainText.test(text) ? plainNumberRun : numberRun;
}

/** Seven digits or more in a text: as they are written, in ASCII, and whether a plus stands before them. */
export type NumberRun = { written: string; digits: string; hasPlus: boolean };

/** Replaces every run of digits that may hold a telephone number, also within base64. */
export function replaceNumberRuns(text: string, replace: (run: NumberRun) => string): string {
  if (!mayHoldNumber(text)) return text;
  return text
    .replace(runIn(text), (written) => {
      const hasPlus = leadingPlus.test(written);
      return replace({ written, digits: digitsOf(hasPlus ? written.replace(leadingPlus, "") : written), hasPlus });
    })
    .replace(spelledRun, (written) => replaceSpelled(written, replace))
    .replace(escapedWord, (written) => replaceDecoded(written, decodeEscapes(written), { replace, level: 1 }))
    .replace(base64Word, (written) => replaceDecoded(written, fromBase64(written), { replace, level: 1 }));
}

function replaceSpelled(written: string, replace: (run: NumberRun) => string): string {
  const digits = Array.from(written.matchAll(/[a-z]+/gi), ([word]) => digitWords[word.toLowerCase()] ?? "").join("");
  const replaced = replace({ written: digits, digits, hasPlus: false });
  return replaced === digits ? written : replaced;
}

/** Replaces a word as a whole where a number is found only once it is decoded, up to some levels deep. */
function replaceDecoded(
  written: string,
  decoded: string,
  { replace, level }: { replace: (run: NumberRun) => string; level: number },
): string {
  if (decoded === written) return written;
  for (const each of decoded.match(runIn(decoded)) ?? []) {
    const replaced = replace({ written: each, digits: digitsOf(each), hasPlus: false });
    if (replaced !== each) return replaced;
  }
  for (const each of decoded.match(spelledRun) ?? []) {
    const replaced = replaceSpelled(each, replace);
    if (replaced !== each) return replaced;
  }
  if (level === decodedLevels) return written;
  const deeper = { replace, level: level + 1 };
  for (const [word] of decoded.matchAll(base64Word)) {
    const replaced = replaceDecoded(word, fromBase64(word), deeper);
    if (replaced !== word) return replaced;
  }
  return written;
}

/** The digits of a run between gaps in it, and a plus before them: each plus begins a number. */
export function digitGroups({ written }: NumberRun): { groups: string[]; hasPlus: boolean }[] {
  const numbers: { groups: string[]; hasPlus: boolean }[] = [];
  let from = 0;
  let hasPlus = false;
  for (const { 0: sign, index } of [...written.matchAll(anyPlus), { 0: "", index: written.length }]) {
    const groups = groupsOf(written.slice(from, index));
    if (groups.length > 0) numbers.push({ groups, hasPlus });
    from = index + sign.length;
    hasPlus = true;
  }
  return numbers;
}

function groupsOf(written: string): string[] {
  if (plainText.test(written)) return written.match(/\d+/g) ?? [];
  const groups: string[] = [];
  let end = -1;
  for (const { 0: token, 1: isDigit, index } of written.matchAll(digitToken)) {
    if (isDigit === undefined) continue;
    if (index === end) groups.push((groups.pop() ?? "") + asciiDigit(token));
    else groups.push(asciiDigit(token));
    end = index + token.length;
  }
  return groups;
}

/**
 * Masks the telephone numbers in a text. Country and area stay readable, as they do of a caller's number. A longer run
 * is masked as a whole, because it may end in a number. Dates, money, UUIDs, addresses and ids of known form stay; what
 * is in doubt is masked.
 */
export function maskNumbers(text: string): string {
  if (!mayHoldNumber(text)) return text;
  // Where there is no run, what is harmless need not be looked for.
  if (text.search(runIn(text)) < 0) return replaceNumberRuns(text, maskRun);
  let masked = "";
  let from = 0;
  for (const { 0: kept, index } of text.matchAll(harmless)) {
    masked += replaceNumberRuns(text.slice(from, index), maskRun) + kept;
    from = index + kept.length;
  }
  return masked + replaceNumberRuns(text.slice(from), maskRun);
}

/** The fewest digits that begin with an area: of fewer, three would leave ten thousand numbers to try. */
const areaAndNumberMin = 10;

function maskRun({ digits, hasPlus }: NumberRun): string {
  const area = digits.length < areaAndNumberMin ? 0 : 3;
  const shown = hasPlus ? 4 : area;
  return `${hasPlus ? "+" : ""}${digits.slice(0, shown)}${"*".repeat(Math.max(0, digits.length - shown))}`;
}

/** The digits of a run in ASCII. */
function digitsOf(run: string): string {
  if (plainText.test(run)) return run.replace(/\D/g, "");
  return Array.from(run.matchAll(digitToken), ([, token]) => (token === undefined ? "" : asciiDigit(token))).join("");
}

function asciiDigit(token: string): string {
  const decimal = /^&#(\d+);$/.exec(token)?.[1];
  if (decimal !== undefined) return String.fromCharCode(Number(decimal));
  const encoded = /^[%\\&].*3(\d)[;}]?$/.exec(token)?.[1];
  if (encoded !== undefined) return encoded;
  const plain = token.normalize("NFKC");
  return /^\d/.test(plain) ? plain.charAt(0) : valueInItsScript(token);
}

/** The value of a digit of any script: Unicode keeps the ten of each script together. */
function valueInItsScript(sign: string): string {
  const code = sign.codePointAt(0) ?? 0;
  let value = 0;
  while (value < 9 && /^\p{Nd}$/u.test(String.fromCodePoint(code - value - 1))) value++;
  return String(value);
}
