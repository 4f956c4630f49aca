import { kindOf, reasonClasses, type Filter, type ReasonClass } from "@moja/contracts";
import type { Knex } from "knex";
import type { z } from "zod";
import { encode } from "../database/column-codecs.ts";
import { isPostgres } from "../database/dialect.ts";
import type { TenantScope } from "../tenant-scope.ts";
import { instantIn } from "./time-range.ts";

/** A query that is being narrowed. */
type Query = Knex.QueryBuilder;

/** A filter that a request gave, with the field it looks at. */
export type ActiveFilter = { filter: Filter; field: z.core.$ZodType; value: unknown };

const orInRange = (query: Query, column: string, from: number, to: number) => query.orWhereBetween(column, [from, to]);

/** How each test becomes a condition. Different filters mean AND, several values of one mean OR. */
const conditions: Record<Filter["operator"], (query: Query, active: ActiveFilter, tenant: TenantScope) => Query> = {
  any_of: (query, { filter, field, value }) =>
    query.whereIn(
      filter.column,
      (value as unknown[]).map((each) => (kindOf(field) === "reason" ? (each as number) : encode(field, each))),
    ),
  at_least: (query, { filter, field, value }) => query.where(filter.column, ">=", encode(field, value)),
  at_most: (query, { filter, field, value }) => query.where(filter.column, "<=", encode(field, value)),
  yes_or_no: (query, { filter, value }) => query.where(filter.column, value === "yes" ? 1 : 0),
  status_class: (query, { filter, value }) =>
    query.where((any) => {
      for (const name of value as string[])
        orInRange(any, filter.column, Number(name[0]) * 100, Number(name[0]) * 100 + 99);
    }),
  reason_class: (query, { filter, value }) =>
    query.where((any) => {
      for (const name of value as ReasonClass[])
        orInRange(any, filter.column, reasonClasses[name].from, reasonClasses[name].to);
    }),
  tag: (query, { value }, tenant) => {
    const tagged = tenant
      .from("call_tags")
      .select("call_log_id")
      .where((any) => {
        for (const tag of value as string[]) {
          const colon = tag.indexOf(":");
          any.orWhere(colon < 0 ? { tag_key: tag } : { tag_key: tag.slice(0, colon), tag_value: tag.slice(colon + 1) });
        }
      });
    // SQLite takes every subquery for a short one: it would look up each call of a tag that all calls have. By the `+` it walks the window instead.
    return isPostgres(query) ? query.whereIn("call_log_id", tagged) : query.whereRaw("+call_log_id in ?", [tagged]);
  },
};

/** Narrows a query by the filters that a request gave. */
export function applyFilters(query: Query, active: ActiveFilter[], tenant: TenantScope): Query {
  return active.reduce((filtered, each) => conditions[each.filter.operator](filtered, each, tenant), query);
}

/** The filters of a request, as the answer repeats them and a cursor is bound to: in the contract's order, instants canonical. */
export function activeFilters(filters: Record<string, Filter>, row: z.core.$ZodShape, input: Record<string, unknown>) {
  const active = Object.entries(filters).flatMap(([name, filter]): [string, ActiveFilter][] => {
    const field = row[filter.column] as z.core.$ZodType;
    const value = input[name];
    if (value === undefined) return [];
    return [
      [
        name,
        {
          filter,
          field,
          value: kindOf(field) === "instant" ? instantIn(String(input["time_zone"]), String(value)) : value,
        },
      ],
    ];
  });
  return {
    active: active.map(([, each]) => each),
    applied: Object.fromEntries(active.map(([name, { value }]) => [name, value])) as Record<
      string,
      z.core.util.JSONType
    >,
  };
}
