import { Refusal, windowDaysDefault, type Filter } from "@moja/contracts";
import type { z } from "zod";
import { reader } from "../columns.ts";
import { readCursor, writeCursor, type Position } from "../cursors.ts";
import type { Scope, Table } from "../scope.ts";
import { givenFilters, narrow } from "./filters.ts";

/** What a list's contract says of itself. */
type ListPromise<Row extends z.ZodObject> = { path: string; row: Row; id: string; at: string; filters: Record<string, Filter> };

type ListInput = { from?: string | undefined; to?: string | undefined; limit: number; cursor?: string | undefined; order: "asc" | "desc"; [filter: string]: unknown };

const dayMs = 24 * 60 * 60 * 1000;

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

/** The window of a request: as given, as its cursor holds it, or the last 30 days. */
function windowOf(input: Pick<ListInput, "from" | "to">, after: Position | undefined): { from: number; to: number } {
  const to = input.to === undefined ? (after?.to ?? Date.now()) : Date.parse(input.to);
  const from = input.from === undefined ? (after?.from ?? to - windowDaysDefault * dayMs) : Date.parse(input.from);
  if (after && (after.from !== from || after.to !== to)) throw new Refusal("invalid_cursor", undefined, [{ path: "cursor", message: "belongs to another window: repeat `from` and `to`, or leave both out" }]);
  if (from >= to) throw new Refusal("invalid_request", undefined, [{ path: "from", message: `must be before \`to\`, which is ${new Date(to).toISOString()}` }]);
  return { from, to };
}
