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

/** A filter that a request uses, with the values that it binds, and what finds its rows where no index has the column. */
export type ActiveFilter = {
  filter: Filter;
  values: StoredValue[];
  candidates?: FindCandidates | undefined;
};

/** The columns that are computed when they are read, and what finds their rows. */
const computedColumns: { [Name in Table]?: Record<string, FindCandidates> } = {
  outbound_rtb_requests: { call_log_id: bidsThatMayBeOf },
};

/** How an operator filters: the values that it binds for a filter's, and the condition on them. */
type Operator = {
  bind: (field: z.core.$ZodType, value: FilterValue) => StoredValue[];
  /** Sees placeholders in place of the values, but for null. */
  apply: (query: Query, active: ActiveFilter, tenant: TenantScope) => Query;
};

/** Binds each value of a filter as its column has it. */
const bindEncoded: Operator["bind"] = (field, value) => filterValues(value).map((each) => encode(field, each));

/** Matches the rows in one of some ranges, of which both ends are bound. */
const inAnyRange: Operator["apply"] = (query, { filter, values }) =>
  query.where((any) => {
    for (const range of pairsOf(values)) any.orWhereBetween(filter.column, range);
  });

/** How each operator filters. Different filters are joined by AND, the values of one by OR. */
const operators: Record<Filter["operator"], Operator> = {
  any_of: {
    bind: bindEncoded,
    apply: (query, { filter, values, candidates }, tenant) => {
      if (candidates) query.whereIn("request_id", candidates(tenant, values));
      return query.whereIn(filter.column, values);
    },
  },
  at_least: {
    bind: bindEncoded,
    apply: (query, { filter, values: [least = null] }) => query.where(filter.column, ">=", least),
  },
  at_most: {
    bind: bindEncoded,
    apply: (query, { filter, values: [most = null] }) => query.where(filter.column, "<=", most),
  },
  yes_or_no: {
    bind: (_field, value) => [value === "yes" ? 1 : 0],
    apply: (query, { filter, values: [flag = null] }) => query.where(filter.column, flag),
  },
  status_class: {
    bind: (_field, value) =>
      filterValues(value).flatMap((name) => {
        const from = Number(String(name)[0]) * 100;
        return [from, from + 99];
      }),
    apply: inAnyRange,
  },
  reason_class: {
    bind: (_field, value) =>
      reasonClassNames.flatMap((name) =>
        filterValues(value).includes(name) ? [reasonClasses[name].from, reasonClasses[name].to] : [],
      ),
    apply: inAnyRange,
  },
  tag: {
    bind: (_field, value) => filterValues(value).flatMap((tag) => tagParts(String(tag))),
    apply: (query, { values }, tenant) => {
      const tagged = tenant
        .from("call_tags")
        .select("call_log_id")
        .where((any) => {
          for (const [tag_key, tag_value] of pairsOf(values))
            any.orWhere(tag_value === null ? { tag_key } : { tag_key, tag_value });
        });
      // SQLite estimates every subquery as short and would look up each call of a frequent tag; `+` makes it scan the
      // window.
      return isPostgres(query) ? query.whereIn("call_log_id", tagged) : query.whereRaw("+call_log_id in ?", [tagged]);
    },
  },
};

/** The values of a filter that takes several. */
function filterValues(value: FilterValue): FilterValue[] {
  return Array.isArray(value) ? value : [value];
}

/** The values that are bound in pairs. */
function pairsOf(values: StoredValue[]): [StoredValue, StoredValue][] {
  return values.flatMap((value, index) => (index % 2 === 0 ? [[value, values[index + 1] ?? null]] : []));
}

/** The key and the value of `key:value`; of `key`, which matches any value, null is the value. */
function tagParts(tag: string): [string, string | null] {
  const colon = tag.indexOf(":");
  return colon < 0 ? [tag, null] : [tag.slice(0, colon), tag.slice(colon + 1)];
}

/**
 * The same filters with other values, as many for each: placeholders, while SQL is built that many requests will run.
 */
export function withValues(active: ActiveFilter[], values: StoredValue[]): ActiveFilter[] {
  let taken = 0;
  return active.map((each) => ({ ...each, values: values.slice(taken, (taken += each.values.length)) }));
}

/** Adds the conditions of a request's filters to a query. */
export function applyFilters(query: Query, active: ActiveFilter[], tenant: TenantScope): Query {
  return active.reduce((filtered, each) => operators[each.filter.operator].apply(filtered, each, tenant), query);
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
    const values = operators[filter.operator].bind(field, value);
    active.push({ filter, values, candidates: computedColumns[table]?.[filter.column] });
    applied[name] = value;
  }
  return { active, applied };
}
