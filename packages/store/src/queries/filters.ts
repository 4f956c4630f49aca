import { kindOf, reasonClasses, reasonClassNames, type Filter } from "@moja/contracts";
import type { Knex } from "knex";
import type { z } from "zod";
import { encode, fieldOf } from "../database/column-codecs.ts";
import { isPostgres } from "../database/dialect.ts";
import type { StoredValue } from "../database/row-types.ts";
import type { Table } from "../database/tables.ts";
import type { TenantScope } from "../tenant-scope.ts";
import { bidsThatMayBeOf } from "./calls-of-bids.ts";
import { instantIn } from "./time-range.ts";

type Query = Knex.QueryBuilder;

/** The value of a filter, as its schema parsed it. */
export type FilterValue = z.core.util.JSONType;

/** A request's parameters, filters among them. */
export type FilterInput = { [name: string]: FilterValue | undefined };

/** Finds the ids of the rows that may hold one of some values in a column that no index has. */
type FindCandidates = (tenant: TenantScope, values: StoredValue[]) => Query;

/** A filter that a request uses, with the field of its column, and what finds its rows where no index has the column. */
export type ActiveFilter = {
  filter: Filter;
  field: z.core.$ZodType;
  value: FilterValue;
  candidates?: FindCandidates | undefined;
};

/** The columns that are computed when they are read, and what finds their rows. */
const computedColumns: { [Name in Table]?: Record<string, FindCandidates> } = {
  outbound_rtb_requests: { call_log_id: bidsThatMayBeOf },
};

/** The condition of each operator. Different filters are joined by AND, the values of one by OR. */
const conditions: Record<Filter["operator"], (query: Query, active: ActiveFilter, tenant: TenantScope) => Query> = {
  any_of: (query, { filter, field, value, candidates }, tenant) => {
    const values = filterValues(value).map((each) => encode(field, each));
    if (candidates) query.whereIn("request_id", candidates(tenant, values));
    return query.whereIn(filter.column, values);
  },
  at_least: (query, { filter, field, value }) => query.where(filter.column, ">=", encode(field, value)),
  at_most: (query, { filter, field, value }) => query.where(filter.column, "<=", encode(field, value)),
  yes_or_no: (query, { filter, value }) => query.where(filter.column, value === "yes" ? 1 : 0),
  status_class: (query, { filter, value }) =>
    query.where((any) => {
      for (const from of filterValues(value).map((name) => Number(String(name)[0]) * 100))
        any.orWhereBetween(filter.column, [from, from + 99]);
    }),
  reason_class: (query, { filter, value }) =>
    query.where((any) => {
      for (const { from, to } of reasonClassNames
        .filter((name) => filterValues(value).includes(name))
        .map((name) => reasonClasses[name]))
        any.orWhereBetween(filter.column, [from, to]);
    }),
  tag: (query, { value }, tenant) => {
    const tagged = tenant
      .from("call_tags")
      .select("call_log_id")
      .where((any) => {
        for (const tag of filterValues(value)) any.orWhere(tagCondition(String(tag)));
      });
    // SQLite estimates every subquery as short and would look up each call of a frequent tag; `+` makes it scan the
    // window.
    return isPostgres(query) ? query.whereIn("call_log_id", tagged) : query.whereRaw("+call_log_id in ?", [tagged]);
  },
};

/** The values of a filter that takes several. */
export function filterValues(value: FilterValue): FilterValue[] {
  return Array.isArray(value) ? value : [value];
}

/** Matches `key` or `key:value`. */
function tagCondition(tag: string): Record<string, string> {
  const colon = tag.indexOf(":");
  return colon < 0 ? { tag_key: tag } : { tag_key: tag.slice(0, colon), tag_value: tag.slice(colon + 1) };
}

/** Adds the conditions of a request's filters to a query. */
export function applyFilters(query: Query, active: ActiveFilter[], tenant: TenantScope): Query {
  return active.reduce((filtered, each) => conditions[each.filter.operator](filtered, each, tenant), query);
}

/** The parts of a contract that its filters use. */
type FilteredContract = { filters: Record<string, Filter>; row: { shape: z.core.$ZodShape } };

/**
 * The filters that a request uses, in the contract's order and with canonical instants. `applied` is what the response
 * repeats and what a cursor is bound to.
 */
export function activeFilters({ filters, row }: FilteredContract, table: Table, input: FilterInput) {
  const active: ActiveFilter[] = [];
  const applied: Record<string, FilterValue> = {};
  for (const [name, filter] of Object.entries(filters)) {
    const given = input[name];
    if (given === undefined) continue;
    const field = fieldOf(row.shape, filter.column);
    const value = kindOf(field) === "instant" ? instantIn(String(input["time_zone"]), String(given)) : given;
    active.push({ filter, field, value, candidates: computedColumns[table]?.[filter.column] });
    applied[name] = value;
  }
  return { active, applied };
}
