import { openDatabase, type Database } from "@moja/store";
import { InvalidArgumentError } from "commander";
import { readSettings } from "../environment.ts";

/** Runs a command with the open database, and closes it. */
export function withDatabase<Args extends unknown[]>(run: (database: Database, ...args: Args) => Promise<void>) {
  return async (...args: Args) => {
    const database = await openDatabase(readSettings(process.env).DATABASE_URL);
    try {
      await run(database, ...args);
    } finally {
      await database.destroy();
    }
  };
}

/** An id, as an argument. */
export function asId(text: string): string {
  if (!/^[A-Za-z0-9._~:-]{1,128}$/.test(text)) throw new InvalidArgumentError("An id has 1-128 characters of A-Z a-z 0-9 . _ ~ : -");
  return text;
}

/** A whole number from 1, as an argument. */
export function asCount(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError("It takes a whole number from 1.");
  return Number(text);
}

/** A moment to come, as an argument: an ISO date is midnight in UTC. */
export function asMoment(text: string): number {
  const at = /^\d{4}-\d{2}-\d{2}(T[\d:.]+(Z|[+-]\d{2}:\d{2}))?$/.test(text) ? Date.parse(text) : Number.NaN;
  // Date.parse takes February 30 for March 2.
  if (Number.isNaN(at) || new Date(Date.parse(text.slice(0, 10))).toISOString().slice(0, 10) !== text.slice(0, 10)) throw new InvalidArgumentError("It takes a date in UTC, like 2027-01-31 or 2027-01-31T12:00:00Z.");
  if (at <= Date.now()) throw new InvalidArgumentError("It is in the past.");
  return at;
}

/** A moment for people, or nothing. */
export function moment(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
