import { contracts } from "@moja/contracts";
import type { Knex } from "knex";
import type { Table } from "./tables.ts";

/** Builds a derived table for one organization. */
type DerivedTable = (database: Knex, organization_id: string) => Knex.QueryBuilder;

const bidColumns = Object.keys(contracts.outboundRtb.list.row.shape).filter((name) => name !== "call_log_id");

/**
 * The call that a bid's auction was for. A bid that names its call has it; else the auction's call, by what the call
 * or another bid of the auction says; else the call of the inbound request that caused the auction. Of several calls it
 * is the one with the least id. It is looked up when it is read, because calls and requests arrive in any order.
 */
const callOfBid = `coalesce(
  bid.call_log_id,
  (select min(call.call_log_id) from calls as call
    where call.organization_id = bid.organization_id and call.auction_id = bid.auction_id),
  (select min(coalesce(other.call_log_id, call.call_log_id)) from rtb_requests as other
    left join calls as call
      on call.organization_id = other.organization_id and call.outbound_request_id = other.request_id
    where other.organization_id = bid.organization_id and other.auction_id = bid.auction_id),
  (select inbound.call_log_id from rtb_requests as inbound
    where inbound.organization_id = bid.organization_id and inbound.request_id = bid.inbound_request_id
      and inbound.direction = 'inbound'),
  (select min(call.call_log_id) from calls as call
    where call.organization_id = bid.organization_id and call.inbound_request_id = bid.inbound_request_id)
)`;

/** The tables that are computed when they are read. */
export const derivedTables: { [Name in Table]?: DerivedTable } = {
  /** Outbound RTB requests, each with the call that its auction was for. */
  outbound_rtb_requests: (database, organization_id) =>
    database("rtb_requests as bid")
      .select(
        "bid.organization_id",
        ...bidColumns.map((name) => `bid.${name}`),
        database.raw(`${callOfBid} as call_log_id`),
      )
      .where("bid.organization_id", organization_id)
      .whereRaw("bid.direction = 'outbound'"),
};
