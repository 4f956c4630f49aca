import { call } from "./records/call.ts";
import { callEvent, rtbEvent } from "./records/events.ts";
import { rtbRequest } from "./records/rtb-request.ts";
import { webhookAttempt, webhookRequest } from "./records/webhook-request.ts";
import { callLogs } from "./reports/call-logs.ts";
import { inboundRtb } from "./reports/inbound-rtb.ts";
import { incomingWebhooks } from "./reports/incoming-webhooks.ts";
import { outboundRtb } from "./reports/outbound-rtb.ts";
import { outgoingWebhooks } from "./reports/outgoing-webhooks.ts";
import { rtbRequests } from "./reports/rtb-requests.ts";
import { summaries } from "./reports/summaries.ts";

/** Every kind of record that producers write. */
export const recordDefinitions = {
  call,
  callEvent,
  rtbRequest,
  rtbEvent,
  webhookRequest,
  webhookAttempt,
};

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
