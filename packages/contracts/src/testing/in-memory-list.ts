import { z } from "zod";
import type { Filter, FilterOperator } from "../define/filters.ts";
import { exactTotals, moneyColumns } from "../define/totals.ts";
import { windowOf, type Window } from "../define/window.ts";
import { ApiError } from "../errors.ts";
import { fieldOf, kindOf } from "../fields.ts";
import { toCanonicalInstant } from "../instants.ts";

type Row = Record<string, unknown>;

/** What an in-memory list takes from a list's contract. */
export type ListContract = { path: string; row: z.ZodObject; id: string; at: string; filters: Record<string, Filter> };

/** A list's input as its contract parsed it: the parameters of every list, and its own filters. */
export const ListInput = z.looseObject({
  from: z.string().optional(),
  to: z.string().optional(),
  time_zone: z.string(),
  limit: z.number(),
  cursor: z.string().optional(),
  order: z.enum(["asc", "desc"]),
  totals: z.enum(["true", "false"]),
});

/** A list's input as its contract parsed it. */
export type ListInput = z.output<typeof ListInput>;

const isRow = (value: unknown): value is Row => typeof value === "object" && value !== null;
const includes = (given: unknown, value: unknown) => Array.isArray(given) && given.includes(value);
const someOf = (given: unknown, matches: (each: string) => boolean) =>
  Array.isArray(given) && given.some((each) => matches(String(each)));

function hasTag(tags: unknown, tag: string): boolean {
  const [key = "", value] = tag.split(/:(.*)/s);
  return isRow(tags) && Object.hasOwn(tags, key) && (value === undefined || tags[key] === value);
}

function compare(a: unknown, b: unknown): number {
  return typeof a === "number" ? a - Number(b) : compareText(String(a), String(b));
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** What each filter means for a value that is not null. A reason compares by its code. */
const predicates: Record<FilterOperator, (value: unknown, given: unknown) => boolean> = {
  any_of: (value, given) => includes(given, isRow(value) && "code" in value ? value["code"] : value),
  at_least: (value, given) => compare(value, given) >= 0,
  at_most: (value, given) => compare(value, given) <= 0,
  yes_or_no: (value, given) => value === (given === "yes"),
  status_class: (value, given) => someOf(given, (name) => Math.floor(Number(value) / 100) === Number(name[0])),
  reason_class: (value, given) => isRow(value) && includes(given, value["class"]),
  tag: (value, given) => someOf(given, (tag) => hasTag(value, tag)),
};

/** The active filters as the response repeats them: in the contract's order, with instants as on the wire. */
function appliedFilters({ filters, row }: ListContract, input: ListInput): Record<string, unknown> {
  const active = Object.entries(filters).filter(([name]) => input[name] !== undefined);
  return Object.fromEntries(
    active.map(([name, { column }]) => [
      name,
      kindOf(fieldOf(row.shape, column)) === "instant" ? toCanonicalInstant(String(input[name])) : input[name],
    ]),
  );
}

/** Returns the rows of a window that match every filter, in order: the meaning of a list, without a database. */
export function matchingRows<Kept extends Row>(
  list: ListContract,
  rows: Kept[],
  { input, window: { from, to } }: { input: ListInput; window: Window },
): Kept[] {
  const applied = appliedFilters(list, input);
  const active = Object.entries(list.filters).filter(([name]) => name in applied);
  const sign = input.order === "asc" ? 1 : -1;
  const isInWindow = (time: number) => time >= from && time < to;
  return rows
    .filter((row) => isInWindow(Date.parse(String(row[list.at]))))
    .filter((row) =>
      active.every(
        ([name, { column, operator }]) => row[column] !== null && predicates[operator](row[column], applied[name]),
      ),
    )
    .sort((a, b) => sign * (compare(a[list.at], b[list.at]) || compare(a[list.id], b[list.id])));
}

function totalsOf({ row }: ListContract, rows: Row[]) {
  const micros = (name: string) => rows.reduce((sum, each) => sum + Math.round(Number(each[name] ?? 0) * 1e6), 0);
  return exactTotals(rows.length, Object.fromEntries(moneyColumns(row.shape).map((name) => [name, micros(name)])));
}

/** Builds a list's page from rows in memory. Its cursor holds the number of rows before it, not a row's position. */
export function pageFromRows(list: ListContract, rows: Row[], input: ListInput) {
  rejectDatesInOtherZones(list, input);
  const { order, limit, cursor } = input;
  const filters = appliedFilters(list, input);
  const binding = JSON.stringify([list.path, order, filters]);
  const after = cursor === undefined ? undefined : decodeCursor(cursor, binding);
  const overAllTime = Object.keys(filters).some((name) => list.filters[name]?.overAllTime);
  const window = windowOf({ ...input, overAllTime }, after);
  const matching = matchingRows(list, rows, { input, window });
  const end = (after?.end ?? 0) + limit;
  const next_cursor =
    end < matching.length
      ? Buffer.from(JSON.stringify({ ...window, end, bound: binding })).toString("base64url")
      : null;
  return {
    data: matching.slice(end - limit, end),
    next_cursor,
    applied: {
      from: new Date(window.from).toISOString(),
      to: new Date(window.to).toISOString(),
      limit,
      order,
      filters,
    },
    totals: input.totals === "true" ? totalsOf(list, matching) : null,
  };
}

/** Rejects dates outside UTC: to convert them takes a library of time zones, which the contracts do not depend on. */
function rejectDatesInOtherZones({ filters }: ListContract, input: ListInput): void {
  const dates = ["from", "to", ...Object.keys(filters)].filter((name) => z.iso.date().safeParse(input[name]).success);
  const [path] = input.time_zone === "UTC" ? [] : dates;
  if (path)
    throw new ApiError("invalid_request", undefined, [
      { path, message: "must be a moment: the mock server knows dates in UTC alone" },
    ]);
}

const Cursor = z.object({ from: z.number(), to: z.number(), end: z.number(), bound: z.string() });

function decodeCursor(cursor: string, binding: string): Window & { end: number } {
  const decoded = Cursor.safeParse(readJson(Buffer.from(cursor, "base64url").toString()));
  if (decoded.data?.bound === binding) return decoded.data;
  throw new ApiError("invalid_cursor", undefined, [
    { path: "cursor", message: "belongs to another list, organization, order or filters, or is damaged" },
  ]);
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
