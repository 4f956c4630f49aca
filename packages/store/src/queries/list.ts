import { windowOf, type Filter } from "@moja/contracts";
import type { Knex } from "knex";
import type { z } from "zod";
import { decoder } from "../database/column-codecs.ts";
import type { StoredRow } from "../database/row-types.ts";
import type { Table } from "../database/tables.ts";
import type { TenantScope } from "../tenant-scope.ts";
import { decodeCursor, encodeCursor, type Position } from "./cursor.ts";
import { activeFilters, applyFilters } from "./filters.ts";
import { windowBounds } from "./time-range.ts";
import { totalsReader } from "./totals.ts";

/** What a list's contract says of itself. */
type ListContract<Row extends z.ZodObject> = {
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
export function listResolver<Row extends z.ZodObject>(contract: ListContract<Row>, table: Table, indexed: string[]) {
  const { columns, decodeInPlace } = decoder(contract.row.shape);
  const total = totalsReader(contract.row.shape);
  const { at, id } = contract;

  return async (tenant: TenantScope, input: ListInput) => {
    const { order, limit, cursor } = input;
    const { active, applied: filters } = activeFilters(contract.filters, contract.row.shape, input);
    const after =
      cursor === undefined ? undefined : decodeCursor(cursor, cursorBinding(contract, tenant, { order, filters }));
    const { from, to } = windowOf(windowBounds(input.time_zone, input), after);
    const applied = { from: new Date(from).toISOString(), to: new Date(to).toISOString(), limit, order, filters };

    const windowQuery = () => applyFilters(tenant.from(table).where(at, ">=", from).where(at, "<", to), active, tenant);
    const query = after
      ? applyFilters(keysetAfter(contract, tenant.from(table), order, after), active, tenant)
      : windowQuery();
    query
      .select(columns)
      .orderBy([
        { column: at, order },
        { column: id, order },
      ])
      .limit(limit + 1);
    const stored: StoredRow[] = active.every(({ filter }) => indexed.includes(filter.column))
      ? await query
      : await tenant.readInWorker(query);

    const page = stored.slice(0, limit);
    const last = page.at(-1);
    const next_cursor =
      stored.length > limit && last
        ? cursorAt(contract, tenant, applied, { at: Number(last[at]), id: String(last[id]) })
        : null;
    return {
      data: page.map(decodeInPlace) as z.output<Row>[],
      next_cursor,
      applied,
      totals: input.totals === "true" ? await total(tenant, windowQuery()) : null,
    };
  };
}

/** The rest of the window beyond a place. The place takes the window's end as the bound, because SQLite goes by one bound alone: by the other it would walk all the pages before. */
function keysetAfter(
  { at, id }: { at: string; id: string },
  query: Knex.QueryBuilder,
  order: "asc" | "desc",
  { from, to, ...position }: Position,
): Knex.QueryBuilder {
  const rest =
    order === "desc"
      ? query.where(at, ">=", from).where(at, "<=", position.at)
      : query.where(at, ">=", position.at).where(at, "<", to);
  return rest.whereRaw(`(??, ??) ${order === "desc" ? "<" : ">"} (?, ?)`, [at, id, position.at, position.id]);
}

/** The cursor that continues a list after a place in it, with the same window, filters and order. */
export function cursorAt(
  contract: { path: string },
  tenant: TenantScope,
  { from, to, order, filters }: Applied,
  position: { at: number; id: string },
): string {
  return encodeCursor(
    { from: Date.parse(from), to: Date.parse(to), ...position },
    cursorBinding(contract, tenant, { order, filters }),
  );
}

/** What a cursor belongs to besides its window. */
function cursorBinding(
  { path }: { path: string },
  { organization_id }: TenantScope,
  { order, filters }: Pick<Applied, "order" | "filters">,
) {
  return [path, organization_id, order, filters];
}
