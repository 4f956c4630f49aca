import { contracts } from "@moja/contracts";
import { listResolver } from "../queries/list.ts";
import { implementReport } from "./implement-report.ts";

/**
 * Outbound RTB. Served by the indexes `outbound_rtb_by_*` and `rtb_requests_by_*`; other filters walk the window in
 * `outbound_rtb_by_time`.
 */
export const outboundRtb = implementReport(contracts.outboundRtb, {
  list: listResolver(contracts.outboundRtb.list, "outbound_rtb_requests", [
    "request_id",
    "auction_id",
    "rtb_id",
    "buyer_id",
    "campaign_id",
    "publisher_id",
    "caller_id",
    "caller_ref",
    "call_log_id",
    "inbound_request_id",
  ]),
});
