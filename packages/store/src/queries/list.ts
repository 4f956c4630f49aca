import { windowOf, type Filter } from "@moja/contracts";
import type { Knex } from "knex";
import type { z } from "zod";
import { decoder } from "../database/column-codecs.ts";
import { SqlTemplates } from "../database/prepared.ts";
import type { StoredValue } from "../database/row-types.ts";
import { readHeavyQuery } from "../database/sqlite/read-pool.ts";
import type { Table } from "../database/tables.ts";
import type { PreparedQuery, TenantScope } from "../tenant-scope.ts";
import { decodeCursor, encodeCursor, type CursorBinding, type Position } from "./cursor.ts";
import {
  activeFilters,
  applyFilters,
  withValues,
  type ActiveFilter,
  type FilterInput,
  type FilterValue,
} from "./filters.ts";
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
 * reads in a process.
 */
export function listResolver<Shape extends z.core.$ZodShape>(
  contract: ListContract<Shape>,
  table: Table,
  indexed: string[],
) {
  const { decodeInPlace } = decoder(contract.row.shape);
  const readTotals = totalsReader(contract.row.shape);
  const { path, at, id } = contract;
  const templates = new SqlTemplates();

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
    const page = { order, bounds: pageBounds({ from, to, order }, after), active, limit };
    const query = preparedPage(contract, table, page);
    const isIndexed = active.every(({ filter }) => indexed.includes(filter.column));
    const stored = await (isIndexed
      ? tenant.read(templates, query)
      : tenant.readHeavily((heavy) => readHeavyQuery(heavy.prepare(templates, query), heavy)));

    const rows = stored.slice(0, limit);
    const last = rows.at(-1);
    const position = last && { at: Number(last[at]), id: String(last[id]) };
    return {
      data: rows.map(decodeInPlace),
      next_cursor: stored.length > limit && position ? await cursorAt({ path, tenant }, applied, position) : null,
      applied,
      totals: input.totals === "true" ? await readTotals(tenant, applyFilters(inWindow(), active, tenant)) : null,
    };
  };
}

/** A page that is asked for: the bounds of its rows, the filters, and at most how many rows it has. */
type Page = { order: "asc" | "desc"; bounds: StoredValue[]; active: ActiveFilter[]; limit: number };

/** The query of a page and one row more, built once for each combination of filters, order and limit. */
function preparedPage<Shape extends z.core.$ZodShape>(
  { at, id, row }: ListContract<Shape>,
  table: Table,
  { order, bounds, active, limit }: Page,
): PreparedQuery {
  const filters = active.map(({ filter, values }) => `${filter.column} ${filter.operator} ${values.length}`);
  return {
    shape: [order, limit, bounds.length, ...filters].join(),
    values: [...bounds, ...active.flatMap(({ values }) => values)],
    build: (tenant, values) =>
      applyFilters(
        tenant.from(table).modify(withinBounds, { at, id, order, bounds: values.slice(0, bounds.length) }),
        withValues(active, values.slice(bounds.length)),
        tenant,
      )
        .select(Object.keys(row.shape))
        .orderBy([
          { column: at, order },
          { column: id, order },
        ])
        .limit(limit + 1),
  };
}

/**
 * The least and the greatest time of a page, and after a cursor the time and id of the row that it follows. A cursor's
 * time replaces one bound of the window, because SQLite uses one range bound and would rescan earlier pages.
 */
function pageBounds(
  { from, to, order }: { from: number; to: number; order: "asc" | "desc" },
  after: Position | undefined,
): StoredValue[] {
  if (!after) return [from, to];
  return [...(order === "desc" ? [from, after.at] : [after.at, to]), after.at, after.id];
}

/** Keyset predicate. */
function withinBounds(
  query: Knex.QueryBuilder,
  { at, id, order, bounds }: { at: string; id: string; order: "asc" | "desc"; bounds: StoredValue[] },
): void {
  const [least = null, greatest = null, ...position] = bounds;
  const isReplaced = position.length > 0 && order === "desc";
  query.where(at, ">=", least).where(at, isReplaced ? "<=" : "<", greatest);
  if (position.length > 0) query.whereRaw(`(??, ??) ${order === "desc" ? "<" : ">"} (?, ?)`, [at, id, ...position]);
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
