import type { AnyPromise, Contracts } from "@moja/contracts";
import type { z } from "zod";
import { callLogs } from "./reports/call-logs.ts";
import { inboundRtb } from "./reports/inbound-rtb.ts";
import { incomingWebhooks } from "./reports/incoming-webhooks.ts";
import { outboundRtb } from "./reports/outbound-rtb.ts";
import { outgoingWebhooks } from "./reports/outgoing-webhooks.ts";
import { rtbRequests } from "./reports/rtb-requests.ts";
import { summaries } from "./reports/summaries.ts";
import type { Scope } from "./tenant-scope.ts";

/** How one promise is answered for one organization. */
export type Answer<P extends AnyPromise> = (scope: Scope, input: z.output<P["input"]>) => Promise<z.input<P["output"]>>;

/** An answer for each promise: a missing one does not compile. */
type Answers<Reports extends Record<string, Record<string, AnyPromise>>> = {
  [Report in keyof Reports]: { [Name in keyof Reports[Report]]: Answer<Reports[Report][Name]> };
};

/** Every report, answered. */
export const answers = {
  callLogs,
  inboundRtb,
  outboundRtb,
  rtbRequests,
  incomingWebhooks,
  outgoingWebhooks,
  summaries,
} satisfies Answers<Contracts>;
