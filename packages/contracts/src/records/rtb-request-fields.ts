import {
  CallerNumber,
  Count,
  enumOf,
  Flag,
  HttpStatus,
  Id,
  Instant,
  literal,
  NonNegativeUsd,
  OpenEnumValue,
  PiiText,
  Text,
  withoutSum,
} from "../fields.ts";
import { Reason } from "../reasons.ts";
import { partyFields, routeFields, updatedAt } from "./shared-fields.ts";

/** How an inbound RTB request ended. */
const inboundOutcomes = ["allocated", "no_routes", "rejected", "error"] as const;

/** How an outbound RTB request ended. */
const outboundOutcomes = ["won", "lost", "rejected", "no_bid", "not_pinged", "timeout", "error"] as const;

const { campaign_id, campaign_name, publisher_id, publisher_name, buyer_id, buyer_name } = partyFields;
const { target_id, target_name } = routeFields;
const caller = {
  caller_id: CallerNumber.nullable().meta({
    title: "Caller",
    description: "The caller's number in E.164. Masked without `pii:read`.",
    examples: ["+13105550142"],
  }),
  caller_state: Text.nullable().meta({
    title: "Caller state",
    description: "The caller's state; derived from the area code when it was not given.",
    examples: ["CA"],
  }),
};
const requestId = Id.meta({ title: "Request id", description: "The request's id.", examples: ["req_in_5w8d"] });
const reason = Reason.nullable().meta({
  title: "Reason",
  description: "Why it did not end as hoped; null when it did.",
});
const httpStatus = HttpStatus.nullable().meta({
  title: "HTTP status",
  description: "The HTTP status of the reply; null when there was none.",
});
const callLogId = Id.nullable().meta({
  title: "Call log id",
  description: "The call that belongs to it; null when there was none.",
  examples: ["call_7q2m4xk1"],
});
const auctionCallId = callLogId.meta({
  title: "Call log id",
  description:
    "The call that its auction was for, whoever won it; null when there was none. `outcome` says who won. When it is " +
    "written it stands; when it is left out it is found by the auction and the inbound request.",
});

/** The fields of an inbound RTB request: a publisher asks whether we take a call, and for how much. */
export const inboundFields = {
  request_id: requestId,
  direction: literal("inbound").meta({ title: "Direction", description: "`inbound`: a publisher asked us." }),
  received_at: Instant.meta({ title: "Received at", description: "When the request arrived." }),
  inbound_rtb_id: Id.nullable().meta({
    title: "Inbound RTB id",
    description: "The endpoint that was asked: one per publisher and campaign.",
    examples: ["inbound_rtb_88"],
  }),
  inbound_rtb_name: Text.nullable().meta({ title: "Inbound RTB", description: "The endpoint's name." }),
  campaign_id,
  campaign_name,
  publisher_id,
  publisher_name,
  method: OpenEnumValue.meta({ title: "Method", description: "The HTTP method of the request.", examples: ["GET"] }),
  ...caller,
  caller_zip: PiiText.nullable().meta({
    title: "Caller ZIP",
    description: "The caller's postal code, as given. Withheld without `pii:read`.",
  }),
  outcome: enumOf(inboundOutcomes).meta({
    title: "Outcome",
    description: "How the request ended.",
    examples: ["allocated"],
  }),
  reason,
  best_payout: NonNegativeUsd.nullable().meta({
    title: "Best payout (USD)",
    description: "The highest payout offered; null when nothing was.",
  }),
  total_routes: Count.meta({ title: "Total routes", description: "How many routes were considered." }),
  allocated_count: Count.meta({ title: "Allocated", description: "How many routes were offered." }),
  allocation_time_ms: Count.nullable().meta({
    title: "Allocation time (ms)",
    description:
      "How long the allocation took, from the request's arrival to the decision; null when none was tried. How long " +
      "a number stays allocated is the route's `duration`.",
    examples: [45],
  }),
  http_status: httpStatus,
  call_log_id: callLogId,
  converted: Flag.meta({ title: "Converted", description: "Whether the call that came of it converted." }),
  updated_at: updatedAt,
};

/** The fields of an outbound RTB request: one buyer is asked for a bid. */
export const outboundFields = {
  request_id: requestId,
  direction: literal("outbound").meta({ title: "Direction", description: "`outbound`: we asked a buyer." }),
  sent_at: Instant.meta({
    title: "Sent at",
    description: "When the request was sent, or when it was decided not to send it.",
  }),
  auction_id: Id.meta({ title: "Auction id", description: "The auction that it belongs to.", examples: ["auc_3fk9"] }),
  rtb_id: Id.nullable().meta({ title: "RTB id", description: "The RTB target that was asked.", examples: ["rtb_456"] }),
  rtb_name: Text.nullable().meta({ title: "RTB", description: "The RTB target's name." }),
  rtb_group_id: Id.nullable().meta({
    title: "RTB group id",
    description: "The RTB group that was asked, when there is one.",
  }),
  rtb_group_name: Text.nullable().meta({ title: "RTB group", description: "The RTB group's name." }),
  buyer_id,
  buyer_name,
  target_id: target_id.meta({
    title: "Target id",
    description: "The target behind the RTB target, when there is one.",
  }),
  target_name: target_name.meta({
    title: "Target",
    description: "The target's name.",
    examples: ["Clearwater intake"],
  }),
  campaign_id,
  campaign_name,
  publisher_id,
  publisher_name,
  ...caller,
  outcome: enumOf(outboundOutcomes).meta({
    title: "Outcome",
    description: "How the request ended.",
    examples: ["won"],
  }),
  reason,
  bid_amount: NonNegativeUsd.nullable().meta({
    title: "Bid (USD)",
    description: "What the buyer bid; null when it did not bid.",
  }),
  minimum_bid: withoutSum(NonNegativeUsd).nullable().meta({
    title: "Minimum bid (USD)",
    description: "The lowest bid that could win.",
  }),
  winning_bid: withoutSum(NonNegativeUsd).nullable().meta({
    title: "Winning bid (USD)",
    description: "The bid that won its auction; null when none did.",
  }),
  response_time_ms: Count.nullable().meta({
    title: "Response time (ms)",
    description: "Milliseconds from the first request to the last response; null when it was not answered.",
    examples: [182],
  }),
  timeout_ms: Count.nullable().meta({
    title: "Time limit (ms)",
    description: "How long the buyer had to answer, from when the request was sent; null when it is not known.",
    examples: [500],
  }),
  http_status: httpStatus,
  step_count: Count.meta({ title: "Steps", description: "How many steps were run." }),
  call_log_id: auctionCallId,
  inbound_request_id: Id.nullable().meta({
    title: "Inbound request id",
    description: "The inbound request that caused the auction; null when a call did.",
  }),
  updated_at: updatedAt,
};
