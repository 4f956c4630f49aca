import type { AnyContract, Contracts } from "@moja/contracts";
import type { z } from "zod";
import { callLogs } from "./reports/call-logs.ts";
import { inboundRtb } from "./reports/inbound-rtb.ts";
import { incomingWebhooks } from "./reports/incoming-webhooks.ts";
import { outboundRtb } from "./reports/outbound-rtb.ts";
import { outgoingWebhooks } from "./reports/outgoing-webhooks.ts";
import { rtbRequests } from "./reports/rtb-requests.ts";
import { summaries } from "./reports/summaries.ts";
import type { TenantScope } from "./tenant-scope.ts";

/** How one promise is answered for one organization. */
export type Resolver<C extends AnyContract> = (
  tenant: TenantScope,
  input: z.output<C["input"]>,
) => Promise<z.input<C["output"]>>;

/** An answer for each promise: a missing one does not compile. */
type Resolvers<Reports extends Record<string, Record<string, AnyContract>>> = {
  [Report in keyof Reports]: { [Name in keyof Reports[Report]]: Resolver<Reports[Report][Name]> };
};

/** Every report, answered. */
export const resolvers = {
  callLogs,
  inboundRtb,
  outboundRtb,
  rtbRequests,
  incomingWebhooks,
  outgoingWebhooks,
  summaries,
} satisfies Resolvers<Contracts>;
