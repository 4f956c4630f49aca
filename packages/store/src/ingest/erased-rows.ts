import type { Knex } from "knex";
import type { Database } from "../database/dialect.ts";
import type { KeyedHash } from "../database/keyed-hash.ts";
import type { StoredRow, StoredValue } from "../database/row-types.ts";
import { ErasedCallers, type ErasedCaller } from "./erased-callers.ts";

/** The callers of an organization who were erased, and whose each of their rows is. */
export type Erased = { callers: ErasedCallers; callerOf: (row: StoredRow) => StoredValue };

/** Finds the callers of an organization who were erased; undefined where none was. */
export async function findErased(
  database: Database,
  organization_id: string,
  keyedHash: KeyedHash,
): Promise<Erased | undefined> {
  const erased: ErasedCaller[] = await database("erased_callers").where({ organization_id });
  if (erased.length === 0) return undefined;
  const refs = database("erased_callers").select("caller_ref").where({ organization_id });
  return {
    callers: new ErasedCallers(erased, keyedHash),
    callerOf: await callerFinder(database, organization_id, refs),
  };
}

/**
 * Returns what finds, among some callers, whose a row is: it names the caller, or belongs to a call or request of one.
 */
export async function callerFinder(
  database: Database,
  organization_id: string,
  refs: string[] | Knex.QueryBuilder,
): Promise<(row: StoredRow) => StoredValue> {
  const rowsOf = (table: string) => database(table).where({ organization_id }).whereIn("caller_ref", refs);
  const calls = new Map<string, string>();
  const requests = new Map<string, string>();
  const found: { table: string; id: string; to: Map<string, string> }[] = [
    { table: "calls", id: "call_log_id", to: calls },
    { table: "rtb_requests", id: "request_id", to: requests },
    { table: "webhook_requests", id: "request_id", to: requests },
  ];
  for (const { table, id, to } of found)
    for (const row of await rowsOf(table).select(id, "caller_ref")) to.set(String(row[id]), String(row.caller_ref));
  const aboutCalls: { request_id: string; call_log_id: string }[] = await database("webhook_requests")
    .select("request_id", "call_log_id")
    .where({ organization_id })
    .whereIn("call_log_id", rowsOf("calls").select("call_log_id"));
  for (const { request_id, call_log_id } of aboutCalls) requests.set(request_id, calls.get(call_log_id) ?? "");

  return ({ caller_ref, call_log_id, request_id }) =>
    caller_ref ?? calls.get(String(call_log_id)) ?? requests.get(String(request_id)) ?? null;
}
