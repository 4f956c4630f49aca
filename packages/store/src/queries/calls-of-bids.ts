import type { Knex } from "knex";
import type { StoredValue } from "../database/row-types.ts";
import type { TenantScope } from "../tenant-scope.ts";

/**
 * The ids of every outbound request that may belong to one of these calls, found by indexes: those that name a call,
 * and those of its auctions and its inbound requests. The call of a bid is computed when it is read, so that no index
 * has it; whoever asks compares it as well.
 */
export function bidsThatMayBeOf(tenant: TenantScope, calls: readonly StoredValue[]): Knex.QueryBuilder {
  const ofCalls = (table: "calls" | "rtb_requests", column: string) =>
    tenant.from(table).select(column).whereIn("call_log_id", calls).whereNotNull(column);
  const winners = tenant
    .from("rtb_requests")
    .select("auction_id")
    .whereIn("request_id", ofCalls("calls", "outbound_request_id"));
  const auctions = ofCalls("calls", "auction_id").union([ofCalls("rtb_requests", "auction_id"), winners]);
  const pings = ofCalls("calls", "inbound_request_id").union([ofCalls("rtb_requests", "request_id")]);
  const bids = (column: string, among: Knex.QueryBuilder) =>
    tenant.from("rtb_requests").select("request_id").whereIn(column, among);
  return ofCalls("rtb_requests", "request_id").union([bids("auction_id", auctions), bids("inbound_request_id", pings)]);
}
