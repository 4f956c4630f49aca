import { windowOf, type Filter } from "@moja/contracts";
import type { Knex } from "knex";
import type { z } from "zod";
import { decoder } from "../database/column-codecs.ts";
import { readInWorker } from "../database/sqlite/read-pool.ts";
import type { Table } from "../database/tables.ts";
import type { TenantScope } from "../tenant-scope.ts";
import { decodeCursor, encodeCursor, type CursorBinding, type Position } from "./cursor.ts";
import { activeFilters, applyFilters, type FilterInput, type FilterValue } from "./filters.ts";
import { windowBounds } from "./time-range.ts";
import { totalsReader } from "./totals.ts";

/** The parts of a list's contract that its query uses. */
type ListContract<Shape extends z.core.$ZodShape> = {
  path: string;
  row: { shape: Shape };
  /** The column that identifies a row. */
  id: string;
  /** The column of a row's time. */
  at: string;
  filters: Record<string, Filter>;
};

type ListInput = FilterInput & {
  from?: string | undefined;
  to?: string | undefined;
  time_zone: string;
  limit: number;
  cursor?: string | undefined;
  order: "asc" | "desc";
  totals: "true" | "false";
};

/** What a page's rows have in common; a cursor continues with the same. */
type Applied = { from: string; to: string; order: "asc" | "desc"; filters: Record<string, FilterValue> };

/** A list's path and whose it is. */
type ListOfTenant = { path: string; tenant: TenantScope };

/**
 * Creates the resolver of a list from one table. A page costs the same at any depth, and all pages of a list share one
 * fixed window. `indexed` names the columns with an index: a filter by another may scan the whole window, so that it
 * reads in a worker.
 */
export function listResolver<Shape extends z.core.$ZodShape>(
  contract: ListContract<Shape>,
  table: Table,
  indexed: string[],
) {
  const { columns, decodeInPlace } = decoder(contract.row.shape);
  const readTotals = totalsReader(contract.row.shape);
  const { path, at, id } = contract;

  return async (tenant: TenantScope, input: ListInput) => {
    const { order, limit, cursor } = input;
    const { active, applied: filters } = activeFilters(contract, table, input);
    const after =
      cursor === undefined
        ? undefined
        : await decodeCursor(cursor, cursorBinding({ path, tenant }, { order, filters }));
    const overAllTime = active.some(({ filter }) => filter.overAllTime);
    const { from, to } = windowOf({ ...windowBounds(input.time_zone, input), overAllTime }, after);
    const applied = { from: new Date(from).toISOString(), to: new Date(to).toISOString(), limit, order, filters };

    const inWindow = () => tenant.from(table).where(at, ">=", from).where(at, "<", to);
    const rest = after ? tenant.from(table).modify(keysetAfter, contract, { ...after, order }) : inWindow();
    const query = applyFilters(rest, active, tenant)
      .select(columns)
      .orderBy([
        { column: at, order },
        { column: id, order },
      ])
      .limit(limit + 1);
    const isIndexed = active.every(({ filter }) => indexed.includes(filter.column));
    const stored = isIndexed ? await query : await readInWorker(query);

    const page = stored.slice(0, limit);
    const last = page.at(-1);
    const position = last && { at: Number(last[at]), id: String(last[id]) };
    return {
      data: page.map(decodeInPlace),
      next_cursor: stored.length > limit && position ? await cursorAt({ path, tenant }, applied, position) : null,
      applied,
      totals: input.totals === "true" ? await readTotals(applyFilters(inWindow(), active, tenant)) : null,
    };
  };
}

/**
 * Keyset predicate. Replaces one window bound with the cursor's time, because SQLite uses one range bound and would
 * rescan earlier pages.
 */
function keysetAfter(
  query: Knex.QueryBuilder,
  { at, id }: { at: string; id: string },
  { from, to, order, ...position }: Position & { order: "asc" | "desc" },
): void {
  if (order === "desc") query.where(at, ">=", from).where(at, "<=", position.at);
  else query.where(at, ">=", position.at).where(at, "<", to);
  query.whereRaw(`(??, ??) ${order === "desc" ? "<" : ">"} (?, ?)`, [at, id, position.at, position.id]);
}

/** The cursor that continues a list after a position, with the same window, filters and order. */
export function cursorAt(
  list: ListOfTenant,
  { from, to, order, filters }: Applied,
  position: { at: number; id: string },
): Promise<string> {
  const window = { from: Date.parse(from), to: Date.parse(to) };
  return encodeCursor({ ...window, ...position }, cursorBinding(list, { order, filters }));
}

/** What a cursor is valid for, besides its window. */
function cursorBinding(
  { path, tenant }: ListOfTenant,
  { order, filters }: Pick<Applied, "order" | "filters">,
): CursorBinding {
  return { tenant, of: [path, tenant.organization_id, order, filters] };
}
