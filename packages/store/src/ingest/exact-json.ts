import { backslashesBefore, stringEnd } from "./json-string.ts";

/** Something that a JSON text says and its parsed value does not. */
export type InexactValue = { path: (string | number)[]; message: string };

/** Sixteen digits, or an exponent: fewer digits without one always survive as a number. A string begins with a quote. */
const longNumber = /[:,[\s]-?(?:\d[\d.]{15}|\d[\d.]*e)/i;

/** A name and its colon with space between, which `JSON.stringify` and its like do not write. */
const spacedColon = /"\s+:/;

/**
 * Whether a JSON text may say something that its parsed value does not: a number with too many digits, or a member that
 * is there twice. It is a cheap scan, wrong in one direction only: what it lets through is exact. `members` is the
 * number of members in the parsed value.
 */
export function mayBeInexact(text: string, members: number): boolean {
  return longNumber.test(text) || spacedColon.test(text) || countNames(text) !== members;
}

/** Counts the quotes before a colon that no backslash escapes: each member has one. */
function countNames(text: string): number {
  let count = 0;
  for (let at = text.indexOf('":'); at >= 0; at = text.indexOf('":', at + 2))
    if (backslashesBefore(text, at) % 2 === 0) count++;
  return count;
}

/** A container that is open at a place of the text: an object with the names of its members so far, or an array. */
type OpenContainer = { names: Set<string> | undefined; at: string | number; expectsName: boolean };

/** Finds what a valid JSON text says and its parsed value does not. */
export function inexactValues(text: string): InexactValue[] {
  const found: InexactValue[] = [];
  const open: OpenContainer[] = [];
  const add = (message: string) => found.push({ path: open.map(({ at }) => at), message });
  const token = /["{}[\],]|[^\s"{}[\],:]+/g;
  for (let match = token.exec(text); match; match = token.exec(text)) {
    const [sign] = match;
    const inner = open.at(-1);
    if (sign === '"') {
      token.lastIndex = stringEnd(text, token.lastIndex);
      if (inner?.expectsName && !enterMember(inner, text.slice(match.index, token.lastIndex)))
        add("is there twice in its object: send each member once");
    } else if (/^[-\d]/.test(sign)) {
      if (!isExact(sign)) add(`${shortened(sign)} would become ${Number(sign)} as a JSON number: send it as text`);
    } else step(open, sign);
  }
  return found;
}

/** Notes the member that begins with a name. Returns whether it is the first of that name. */
function enterMember(object: OpenContainer, quotedName: string): boolean {
  object.at = String(JSON.parse(quotedName));
  object.expectsName = false;
  const isFirst = !object.names?.has(object.at);
  object.names?.add(object.at);
  return isFirst;
}

/** Follows the brackets and commas of a text. */
function step(open: OpenContainer[], sign: string): void {
  if (sign === "{") open.push({ names: new Set(), at: "", expectsName: true });
  else if (sign === "[") open.push({ names: undefined, at: 0, expectsName: false });
  else if (sign === "}" || sign === "]") open.pop();
  else if (sign === ",") {
    const inner = open.at(-1);
    if (inner?.names) inner.expectsName = true;
    else if (inner) inner.at = Number(inner.at) + 1;
  }
}

/**
 * Whether a number is read back with the value that it has in the text. A decimal fraction may also be written with the
 * 17 digits that C's `%.17g` prints: no double is nearer to them than the one that is read back.
 */
function isExact(number: string): boolean {
  const decimal = decimalOf(number);
  const parsed = Number(number);
  if (decimal === decimalOf(String(parsed))) return true;
  return number.includes(".") && Number.isFinite(parsed) && decimal === decimalOf(parsed.toPrecision(17));
}

/** A number's digits and exponent in one form; empty for infinity. */
function decimalOf(number: string): string {
  const [, whole = "", fraction = "", exponent = "0"] = /^-?(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i.exec(number) ?? [];
  const digits = (whole + fraction).replace(/^0+/, "");
  const significant = digits.replace(/0+$/, "");
  if (significant === "") return whole && "0";
  return `${significant}e${BigInt(exponent) - BigInt(fraction.length) + BigInt(digits.length - significant.length)}`;
}

function shortened(number: string): string {
  return number.length > 40 ? `${number.slice(0, 40)}…` : number;
}
