import { windowOf, type Filter } from "@moja/contracts";
import type { Knex } from "knex";
import type { z } from "zod";
import { reader } from "../database/column-codecs.ts";
import type { Stored } from "../database/row-types.ts";
import type { Table } from "../database/tables.ts";
import type { Scope } from "../tenant-scope.ts";
import { readCursor, writeCursor, type Position } from "./cursor.ts";
import { givenFilters, narrow } from "./filters.ts";
import { endsIn } from "./time-range.ts";
import { totaller } from "./totals.ts";

/** What a list's contract says of itself. */
type ListPromise<Row extends z.ZodObject> = {
  path: string;
  row: Row;
  id: string;
  at: string;
  filters: Record<string, Filter>;
};

type ListInput = {
  from?: string | undefined;
  to?: string | undefined;
  time_zone: string;
  limit: number;
  cursor?: string | undefined;
  order: "asc" | "desc";
  totals: "true" | "false";
  [filter: string]: unknown;
};

/** What a page was made with. */
type Applied = { from: string; to: string; order: "asc" | "desc"; filters: Record<string, z.core.util.JSONType> };

/** Answers a list from one table: a page costs the same however deep it lies, and holds rows of one fixed window. A filter by a column that has no index may have to look at every row of the window. */
export function answerList<Row extends z.ZodObject>(promise: ListPromise<Row>, table: Table, indexed: string[]) {
  const { columns, turn } = reader(promise.row.shape);
  const total = totaller(promise.row.shape);
  const { at, id } = promise;

  return async (scope: Scope, input: ListInput) => {
    const { order, limit, cursor } = input;
    const { given, applied: filters } = givenFilters(promise.filters, promise.row.shape, input);
    const after = cursor === undefined ? undefined : readCursor(cursor, boundTo(promise, scope, { order, filters }));
    const { from, to } = windowOf(endsIn(input.time_zone, input), after);
    const applied = { from: new Date(from).toISOString(), to: new Date(to).toISOString(), limit, order, filters };

    const within = () => narrow(scope.from(table).where(at, ">=", from).where(at, "<", to), given, scope);
    const query = after ? narrow(beyond(promise, scope.from(table), order, after), given, scope) : within();
    query
      .select(columns)
      .orderBy([
        { column: at, order },
        { column: id, order },
      ])
      .limit(limit + 1);
    const stored: Stored[] = given.every(({ filter }) => indexed.includes(filter.column))
      ? await query
      : await scope.readAside(query);

    const page = stored.slice(0, limit);
    const last = page.at(-1);
    const next_cursor =
      stored.length > limit && last
        ? cursorAt(promise, scope, applied, { at: Number(last[at]), id: String(last[id]) })
        : null;
    return {
      data: page.map(turn) as z.output<Row>[],
      next_cursor,
      applied,
      totals: input.totals === "true" ? await total(scope, within()) : null,
    };
  };
}

/** The rest of the window beyond a place. The place takes the window's end as the bound, because SQLite goes by one bound alone: by the other it would walk all the pages before. */
function beyond(
  { at, id }: { at: string; id: string },
  query: Knex.QueryBuilder,
  order: "asc" | "desc",
  { from, to, ...place }: Position,
): Knex.QueryBuilder {
  const rest =
    order === "desc"
      ? query.where(at, ">=", from).where(at, "<=", place.at)
      : query.where(at, ">=", place.at).where(at, "<", to);
  return rest.whereRaw(`(??, ??) ${order === "desc" ? "<" : ">"} (?, ?)`, [at, id, place.at, place.id]);
}

/** The cursor that continues a list after a place in it, with the same window, filters and order. */
export function cursorAt(
  promise: { path: string },
  scope: Scope,
  { from, to, order, filters }: Applied,
  place: { at: number; id: string },
): string {
  return writeCursor(
    { from: Date.parse(from), to: Date.parse(to), ...place },
    boundTo(promise, scope, { order, filters }),
  );
}

/** What a cursor belongs to besides its window. */
function boundTo(
  { path }: { path: string },
  { organization_id }: Scope,
  { order, filters }: Pick<Applied, "order" | "filters">,
) {
  return [path, organization_id, order, filters];
}
