import { callLogs } from "./reports/call-logs.ts";
import { inboundRtb } from "./reports/inbound-rtb.ts";
import { incomingWebhooks } from "./reports/incoming-webhooks.ts";
import { outboundRtb } from "./reports/outbound-rtb.ts";
import { outgoingWebhooks } from "./reports/outgoing-webhooks.ts";
import { rtbRequests } from "./reports/rtb-requests.ts";
import { summaries } from "./reports/summaries.ts";

/** Every report that is promised. */
export const contracts = {
  callLogs,
  inboundRtb,
  outboundRtb,
  rtbRequests,
  incomingWebhooks,
  outgoingWebhooks,
  summaries,
};

/** The reports. */
export type Contracts = typeof contracts;
