import { z } from "zod";
import { canonicalInstant, type Filter } from "../define/filters.ts";
import { exactTotals, moneyColumns } from "../define/totals.ts";
import { windowOf, type Window } from "../define/window.ts";
import { Refusal } from "../errors.ts";
import { wordOf } from "../fields.ts";

type Row = Record<string, unknown>;

/** What a list's contract says of itself. */
export type AnyList = { path: string; row: z.ZodObject; id: string; at: string; filters: Record<string, Filter> };

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
const carries = (tags: Record<string, string>, tag: string) => {
  const [key = "", value] = tag.split(/:(.*)/s);
  return Object.hasOwn(tags, key) && (value === undefined || tags[key] === value);
};

/** What each test means for a value that is not null, in the plainest words. */
const holds: Record<Filter["test"], (value: never, given: never) => boolean> = {
  any_of: (value: unknown, given: unknown[]) => given.includes(valueOf(value)),
  at_least: (value: number | string, given: number | string) => value >= given,
  at_most: (value: number | string, given: number | string) => value <= given,
  yes_or_no: (value: boolean, given: "yes" | "no") => value === (given === "yes"),
  status_class: (value: number, given: string[]) => inClass(value, given),
  reason_class: (value: { class: string }, given: string[]) => given.includes(value.class),
  tag: (value: Record<string, string>, given: string[]) => given.some((tag) => carries(value, tag)),
};

/** The filters of a request, as the answer repeats them: in the contract's order, instants as the wire writes them. */
function appliedFilters({ filters, row }: AnyList, input: ListInput): Record<string, unknown> {
  const given = Object.entries(filters).filter(([name]) => input[name] !== undefined);
  return Object.fromEntries(
    given.map(([name, { column }]) => [
      name,
      wordOf(row.shape[column] as z.ZodType) === "instant" ? canonicalInstant(String(input[name])) : input[name],
    ]),
  );
}

/** The rows of a window that every filter lets through, in order: what a list means, without a database. */
export function matchingRows<Kept extends Row>(
  list: AnyList,
  rows: Kept[],
  input: ListInput,
  { from, to }: Window,
): Kept[] {
  const given = Object.entries(appliedFilters(list, input)).map(
    ([name, value]) => [list.filters[name] as Filter, value] as const,
  );
  const sign = input.order === "asc" ? 1 : -1;
  const place = (row: Row) => [String(row[list.at]), String(row[list.id])] as const;
  return rows
    .filter((row) => Date.parse(String(row[list.at])) >= from && Date.parse(String(row[list.at])) < to)
    .filter((row) =>
      given.every(
        ([{ column, test }, value]) => row[column] !== null && holds[test](row[column] as never, value as never),
      ),
    )
    .sort((a, b) => sign * compare(place(a), place(b)));
}

function compare([atA, idA]: readonly [string, string], [atB, idB]: readonly [string, string]): number {
  return atA === atB ? (idA < idB ? -1 : 1) : atA < atB ? -1 : 1;
}

function totalsOfRows({ row }: AnyList, rows: Row[]) {
  const micros = (name: string) => rows.reduce((sum, each) => sum + Math.round(Number(each[name] ?? 0) * 1e6), 0);
  return exactTotals(rows.length, Object.fromEntries(moneyColumns(row.shape).map((name) => [name, micros(name)])));
}

/** A list's page, answered from rows in memory. */
export function pageOf(list: AnyList, rows: Row[], input: ListInput) {
  refuseDatesElsewhere(list, input);
  const { order, limit, cursor } = input;
  const filters = appliedFilters(list, input);
  const bound = JSON.stringify([list.path, order, filters]);
  const after = cursor === undefined ? undefined : readCursor(cursor, bound);
  const window = windowOf(input, after);
  const matching = matchingRows(list, rows, input, window);
  const end = (after?.end ?? 0) + limit;
  const next_cursor =
    end < matching.length ? Buffer.from(JSON.stringify({ ...window, end, bound })).toString("base64url") : null;
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
    totals: input.totals === "true" ? totalsOfRows(list, matching) : null,
  };
}

/** Dates of other zones take a library of time zones, which the contracts do without. */
function refuseDatesElsewhere({ filters }: AnyList, input: ListInput): void {
  const dates = ["from", "to", ...Object.keys(filters)].filter((name) => z.iso.date().safeParse(input[name]).success);
  const [path] = input.time_zone === "UTC" ? [] : dates;
  if (path)
    throw new Refusal("invalid_request", undefined, [
      { path, message: "must be a moment: the stand-in knows dates in UTC alone" },
    ]);
}

function readCursor(cursor: string, bound: string): Window & { end: number } {
  try {
    const read = JSON.parse(Buffer.from(cursor, "base64url").toString()) as Window & { end: number; bound: string };
    if (read.bound === bound) return read;
  } catch {
    // Not even of a cursor's form: refused below like any other.
  }
  throw new Refusal("invalid_cursor", undefined, [
    { path: "cursor", message: "belongs to another list, organization, order or filters, or is damaged" },
  ]);
}
