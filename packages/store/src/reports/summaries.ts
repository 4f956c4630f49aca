import { contracts } from "@moja/contracts";
import { summaryResolver } from "../queries/summary/summary.ts";
import { selectCallRollups } from "../rollups/select.ts";
import { implementReport } from "./implement-report.ts";

const { callLogs, inboundRtb, outboundRtb, incomingWebhooks, outgoingWebhooks } = contracts.summaries;

/** The summary of each list. Served by the list's own indexes; calls that requests led to by their primary key. */
export const summaries = implementReport(contracts.summaries, {
  callLogs: summaryResolver(callLogs, "calls", selectCallRollups),
  inboundRtb: summaryResolver(inboundRtb, "rtb_requests"),
  outboundRtb: summaryResolver(outboundRtb, "outbound_rtb_requests"),
  incomingWebhooks: summaryResolver(incomingWebhooks, "webhook_requests"),
  outgoingWebhooks: summaryResolver(outgoingWebhooks, "webhook_requests"),
});
