import { InvalidArgumentError } from "commander";

/** Parses an id. */
export function asId(text: string): string {
  if (!/^[A-Za-z0-9._~:-]{1,128}$/.test(text))
    throw new InvalidArgumentError("An id has 1-128 characters of A-Z a-z 0-9 . _ ~ : -");
  return text;
}

/** Parses a caller's number to E.164, of North America also without its country. */
export function asCallerNumber(text: string): string {
  const digits = text.replace(/^\s*(?:tel:)?(?:011|00)/, "+").replace(/[^\d+]/g, "");
  const number = /^[2-9]\d{9}$/.test(digits) ? `+1${digits}` : digits.replace(/^(?=1\d{10}$)/, "+");
  if (!/^\+[1-9]\d{6,14}$/.test(number))
    throw new InvalidArgumentError("It takes a number in E.164, like +13105550142.");
  return number;
}

/** Parses a name, which must not be blank. */
export function asName(text: string): string {
  if (text.trim() === "") throw new InvalidArgumentError("It takes a name.");
  return text;
}

/** Parses a whole number from 1. */
export function asCount(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError("It takes a whole number from 1.");
  return Number(text);
}

/** Parses a date or time in the future, to milliseconds. */
export function asFutureTime(text: string): number {
  const at = Date.parse(text);
  if (Number.isNaN(at)) throw new InvalidArgumentError("It takes a date, like 2027-01-31.");
  if (at <= Date.now()) throw new InvalidArgumentError("It is in the past.");
  return at;
}

/** Formats a time in milliseconds. */
export function formatTime(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
