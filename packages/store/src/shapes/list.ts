import { windowOf, type Filter } from "@moja/contracts";
import type { z } from "zod";
import { reader } from "../columns.ts";
import { readCursor, writeCursor } from "../cursors.ts";
import type { Scope, Table } from "../scope.ts";
import { givenFilters, narrow } from "./filters.ts";

/** What a list's contract says of itself. */
type ListPromise<Row extends z.ZodObject> = { path: string; row: Row; id: string; at: string; filters: Record<string, Filter> };

type ListInput = { from?: string | undefined; to?: string | undefined; limit: number; cursor?: string | undefined; order: "asc" | "desc"; [filter: string]: unknown };

/** Answers a list from one table: a page costs the same however deep it lies, and holds rows of one fixed window. */
export function answerList<Row extends z.ZodObject>(promise: ListPromise<Row>, table: Table) {
  const { columns, read } = reader(promise.row.shape);
  const { at, id } = promise;

  return async (scope: Scope, input: ListInput) => {
    const { order, limit, cursor } = input;
    const { given, applied: filters } = givenFilters(promise.filters, promise.row.shape, input);
    const list = [promise.path, scope.organization_id, order, filters];
    const after = cursor === undefined ? undefined : readCursor(cursor, list);
    const { from, to } = windowOf(input, after);

    const query = scope.from(table).select(columns).where(at, ">=", from).where(at, "<", to);
    if (after) query.whereRaw(`(??, ??) ${order === "desc" ? "<" : ">"} (?, ?)`, [at, id, after.at, after.id]);
    narrow(query, given, scope);
    const stored = await query.orderBy([{ column: at, order }, { column: id, order }]).limit(limit + 1);

    const page = stored.slice(0, limit);
    const last = page.at(-1);
    const more = stored.length > limit && last;
    return {
      data: page.map(read) as z.output<Row>[],
      next_cursor: more ? writeCursor({ from, to, at: Number(last[at]), id: String(last[id]) }, list) : null,
      applied: { from: new Date(from).toISOString(), to: new Date(to).toISOString(), limit, order, filters },
    };
  };
}
