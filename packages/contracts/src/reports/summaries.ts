import { callLogs } from "./summaries/call-logs.ts";
import { inboundRtb } from "./summaries/inbound-rtb.ts";
import { outboundRtb } from "./summaries/outbound-rtb.ts";
import { incomingWebhooks } from "./summaries/incoming-webhooks.ts";
import { outgoingWebhooks } from "./summaries/outgoing-webhooks.ts";

/** The summary of each list. */
export const summaries = { callLogs, inboundRtb, outboundRtb, incomingWebhooks, outgoingWebhooks };
