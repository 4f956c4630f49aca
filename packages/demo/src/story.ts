import type { RecordInput } from "@moja/contracts";
import { generateAuction } from "./auction.ts";
import { generateCall } from "./call.ts";
import { addInboundRequest, pingSeconds } from "./inbound-request.ts";
import { addIncomingWebhook } from "./incoming-webhook.ts";
import type { Random } from "./random.ts";
import { createContext, type StoryContext } from "./story-context.ts";

/** What a story is about, by weight. */
const plots = {
  auction: 44,
  target: 22,
  rtb: 6,
  ivr: 4,
  number: 3,
  call_flow: 3,
  refused_ping: 10,
  lost_auction: 4,
  stray_postback: 4,
};

/** A story to generate. */
export type StoryOptions = {
  /** The part of the records' ids that tells stories apart. */
  story: string;
  startMs: number;
  /** Whether Moja Magic may apply, as for Enterprise. */
  magic: boolean;
  /** Whether the call may still be going on. */
  live: boolean;
};

/**
 * Generates one coherent story as records: a ping, its auction, its call, their events and webhooks, or a part of it
 * that went wrong.
 */
export function generateStory(random: Random, options: StoryOptions): RecordInput[] {
  const context = createContext(random, options.story, options.startMs);
  const inbound_request_id = `req_in_${options.story}`;
  const { magic, live } = options;
  const plot = random.weighted(plots);
  switch (plot) {
    case "auction": {
      const auction = generateAuction(context, { inbound_request_id, seconds: pingSeconds.auction, willWin: true });
      const converted = generateCall(context, { dial_type: "rtb_group", inbound_request_id, auction, magic, live });
      addInboundRequest(context, { request_id: inbound_request_id, auction, converted });
      break;
    }
    case "rtb": {
      const auction = generateAuction(context, { inbound_request_id: null, seconds: 0.3, willWin: true });
      generateCall(context, { dial_type: "rtb", inbound_request_id: null, auction, magic, live });
      break;
    }
    case "lost_auction": {
      const auction = generateAuction(context, { inbound_request_id, seconds: pingSeconds.auction, willWin: false });
      addInboundRequest(context, { request_id: inbound_request_id, auction });
      break;
    }
    case "refused_ping":
      addInboundRequest(context, { request_id: inbound_request_id });
      break;
    case "stray_postback":
      addStrayPostback(context);
      break;
    default:
      generateCall(context, { dial_type: plot, inbound_request_id: null, magic, live });
  }
  return context.records;
}

/** Adds a webhook that matches no call. */
function addStrayPostback(context: StoryContext): void {
  const amount = { revenue_paid_out: context.terms.revenue };
  const failure = context.random.pick([
    {
      outcome: "unmatched",
      parameters: { phone_number: context.caller.caller_id, ...amount },
      error: { code: "no_such_call", message: "No call of this number was found in the last 7 days." },
    },
    {
      outcome: "unauthorized",
      parameters: amount,
      error: { code: "bad_auth_key", message: "moja_auth_key is not a key of this webhook." },
    },
    {
      outcome: "invalid",
      parameters: {},
      error: { code: "missing_field", message: "revenue_paid_out is missing: send the amount in USD." },
    },
  ]);
  addIncomingWebhook(context, { seconds: 0, webhook_type: "update_revenue", call_log_id: null, ...failure });
}
