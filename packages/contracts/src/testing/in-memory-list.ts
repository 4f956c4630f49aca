import { z } from "zod";
import { toCanonicalInstant, type Filter } from "../define/filters.ts";
import { exactTotals, moneyColumns } from "../define/totals.ts";
import { windowOf, type Window } from "../define/window.ts";
import { ApiError } from "../errors.ts";
import { kindOf } from "../fields.ts";

type Row = Record<string, unknown>;

/** What a list's contract says of itself. */
export type ListContract = { path: string; row: z.ZodObject; id: string; at: string; filters: Record<string, Filter> };

/** A list's input after its contract has read it. */
export type ListInput = {
  from?: string;
  to?: string;
  time_zone: string;
  limit: number;
  cursor?: string;
  order: "asc" | "desc";
  totals: "true" | "false";
  [filter: string]: unknown;
};

const valueOf = (value: unknown) =>
  typeof value === "object" && value !== null && "code" in value ? value.code : value;
const inClass = (value: unknown, names: string[]) =>
  names.some((name) => Math.floor(Number(value) / 100) === Number(name[0]));
const hasTag = (tags: Record<string, string>, tag: string) => {
  const [key = "", value] = tag.split(/:(.*)/s);
  return Object.hasOwn(tags, key) && (value === undefined || tags[key] === value);
};

/** What each test means for a value that is not null, in the plainest words. */
const predicates: Record<Filter["operator"], (value: never, given: never) => boolean> = {
  any_of: (value: unknown, given: unknown[]) => given.includes(valueOf(value)),
  at_least: (value: number | string, given: number | string) => value >= given,
  at_most: (value: number | string, given: number | string) => value <= given,
  yes_or_no: (value: boolean, given: "yes" | "no") => value === (given === "yes"),
  status_class: (value: number, given: string[]) => inClass(value, given),
  reason_class: (value: { class: string }, given: string[]) => given.includes(value.class),
  tag: (value: Record<string, string>, given: string[]) => given.some((tag) => hasTag(value, tag)),
};

/** The filters of a request, as the answer repeats them: in the contract's order, instants as the wire writes them. */
function appliedFilters({ filters, row }: ListContract, input: ListInput): Record<string, unknown> {
  const active = Object.entries(filters).filter(([name]) => input[name] !== undefined);
  return Object.fromEntries(
    active.map(([name, { column }]) => [
      name,
      kindOf(row.shape[column] as z.ZodType) === "instant" ? toCanonicalInstant(String(input[name])) : input[name],
    ]),
  );
}

/** The rows of a window that every filter lets through, in order: what a list means, without a database. */
export function matchingRows<Kept extends Row>(
  list: ListContract,
  rows: Kept[],
  input: ListInput,
  { from, to }: Window,
): Kept[] {
  const active = Object.entries(appliedFilters(list, input)).map(
    ([name, value]) => [list.filters[name] as Filter, value] as const,
  );
  const sign = input.order === "asc" ? 1 : -1;
  const sortKey = (row: Row) => [String(row[list.at]), String(row[list.id])] as const;
  return rows
    .filter((row) => Date.parse(String(row[list.at])) >= from && Date.parse(String(row[list.at])) < to)
    .filter((row) =>
      active.every(
        ([{ column, operator }, value]) =>
          row[column] !== null && predicates[operator](row[column] as never, value as never),
      ),
    )
    .sort((a, b) => sign * compare(sortKey(a), sortKey(b)));
}

function compare([atA, idA]: readonly [string, string], [atB, idB]: readonly [string, string]): number {
  return atA === atB ? (idA < idB ? -1 : 1) : atA < atB ? -1 : 1;
}

function totalsOf({ row }: ListContract, rows: Row[]) {
  const micros = (name: string) => rows.reduce((sum, each) => sum + Math.round(Number(each[name] ?? 0) * 1e6), 0);
  return exactTotals(rows.length, Object.fromEntries(moneyColumns(row.shape).map((name) => [name, micros(name)])));
}

/** A list's page, answered from rows in memory. */
export function pageFromRows(list: ListContract, rows: Row[], input: ListInput) {
  rejectDatesInOtherZones(list, input);
  const { order, limit, cursor } = input;
  const filters = appliedFilters(list, input);
  const binding = JSON.stringify([list.path, order, filters]);
  const after = cursor === undefined ? undefined : decodeCursor(cursor, binding);
  const window = windowOf(input, after);
  const matching = matchingRows(list, rows, input, window);
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

/** Dates of other zones take a library of time zones, which the contracts do without. */
function rejectDatesInOtherZones({ filters }: ListContract, input: ListInput): void {
  const dates = ["from", "to", ...Object.keys(filters)].filter((name) => z.iso.date().safeParse(input[name]).success);
  const [path] = input.time_zone === "UTC" ? [] : dates;
  if (path)
    throw new ApiError("invalid_request", undefined, [
      { path, message: "must be a moment: the mock server knows dates in UTC alone" },
    ]);
}

function decodeCursor(cursor: string, binding: string): Window & { end: number } {
  try {
    const read = JSON.parse(Buffer.from(cursor, "base64url").toString()) as Window & { end: number; bound: string };
    if (read.bound === binding) return read;
  } catch {
    // Not even of a cursor's form: refused below like any other.
  }
  throw new ApiError("invalid_cursor", undefined, [
    { path: "cursor", message: "belongs to another list, organization, order or filters, or is damaged" },
  ]);
}
