import type { AnyContract, Contracts } from "@moja/contracts";
import { callLogs } from "./reports/call-logs.ts";
import type { Implementation } from "./reports/implement-report.ts";
import { inboundRtb } from "./reports/inbound-rtb.ts";
import { incomingWebhooks } from "./reports/incoming-webhooks.ts";
import { outboundRtb } from "./reports/outbound-rtb.ts";
import { outgoingWebhooks } from "./reports/outgoing-webhooks.ts";
import { rtbRequests } from "./reports/rtb-requests.ts";
import { summaries } from "./reports/summaries.ts";

type Implementations<Reports extends Record<string, Record<string, AnyContract>>> = {
  [Report in keyof Reports]: Implementation<Reports[Report]>;
};

/** Every report's operations: a missing one does not compile. */
export const resolvers = {
  callLogs,
  inboundRtb,
  outboundRtb,
  rtbRequests,
  incomingWebhooks,
  outgoingWebhooks,
  summaries,
} satisfies Implementations<Contracts>;
