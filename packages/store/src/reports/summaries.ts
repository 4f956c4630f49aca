import { contracts } from "@moja/contracts";
import { answerSummary } from "../queries/summary/summary.ts";
import { callRollUps } from "../rollups/select.ts";

const { callLogs, inboundRtb, outboundRtb, incomingWebhooks, outgoingWebhooks } = contracts.summaries;

/** The summary of each list. Served by the list's own indexes; calls that requests led to by their primary key. */
export const summaries = {
  callLogs: answerSummary(callLogs, "calls", callRollUps),
  inboundRtb: answerSummary(inboundRtb, "rtb_requests"),
  outboundRtb: answerSummary(outboundRtb, "rtb_requests"),
  incomingWebhooks: answerSummary(incomingWebhooks, "webhook_requests"),
  outgoingWebhooks: answerSummary(outgoingWebhooks, "webhook_requests"),
};
