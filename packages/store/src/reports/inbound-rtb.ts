import { contracts } from "@moja/contracts";
import { listResolver } from "../queries/list.ts";
import { implementReport } from "./implement-report.ts";

/**
 * Inbound RTB. Served by the indexes `inbound_rtb_by_*` and `rtb_requests_by_*`; other filters walk the window in
 * `inbound_rtb_by_time`.
 */
export const inboundRtb = implementReport(contracts.inboundRtb, {
  list: listResolver(contracts.inboundRtb.list, "rtb_requests", [
    "request_id",
    "inbound_rtb_id",
    "campaign_id",
    "publisher_id",
    "caller_id",
    "caller_ref",
    "call_log_id",
  ]),
});
