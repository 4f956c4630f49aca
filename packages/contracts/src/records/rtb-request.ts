import { z } from "zod";
import {
  CallerNumber,
  Count,
  enumOf,
  Flag,
  HttpStatus,
  Id,
  Instant,
  json,
  Json,
  literal,
  maskNumbers,
  NonNegativeUsd,
  OpenEnumValue,
  pii,
  PII_PLACEHOLDER,
  PiiText,
  Text,
} from "../fields.ts";
import { Reason, ReasonCode } from "../reasons.ts";
import { partyFields, routeFields, updatedAt } from "./call.ts";
import { defineRecord, type Rule } from "./define-record.ts";
import {
  NameValueList,
  RecordedBody,
  RecordedBodyInput,
  RecordedRequest,
  RecordedRequestInput,
  RecordedResponse,
  RecordedResponseInput,
} from "./http-message.ts";

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
    description: "How long a number stays allocated to this request.",
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
  minimum_bid: NonNegativeUsd.nullable().meta({
    title: "Minimum bid (USD)",
    description: "The lowest bid that could win.",
  }),
  winning_bid: NonNegativeUsd.nullable().meta({
    title: "Winning bid (USD)",
    description: "The bid that won its auction; null when none did.",
  }),
  response_time_ms: Count.nullable().meta({
    title: "Response time (ms)",
    description: "Milliseconds from the first request to the last response; null when it was not answered.",
    examples: [182],
  }),
  http_status: httpStatus,
  step_count: Count.meta({ title: "Steps", description: "How many steps were run." }),
  call_log_id: callLogId,
  inbound_request_id: Id.nullable().meta({
    title: "Inbound request id",
    description: "The inbound request that caused the auction; null when a call did.",
  }),
  updated_at: updatedAt,
};

const route = z
  .strictObject({
    number: z.string().nullable().meta({ title: "Number", description: "The number to send the call to." }),
    payout: z.number().min(0).meta({ title: "Payout (USD)", description: "What the publisher gets." }),
    duration: z
      .int()
      .min(0)
      .nullable()
      .meta({ title: "Duration (s)", description: "How long the number stays allocated." }),
    payout_condition: pii(z.string(), maskNumbers)
      .nullable()
      .meta({ title: "Payout condition", description: "What the call must meet to pay." }),
    payout_condition_duration: z
      .int()
      .min(0)
      .nullable()
      .meta({ title: "Condition duration (s)", description: "The seconds that the condition asks for." }),
  })
  .meta({ id: "Route", title: "Route", description: "A route that was offered; the highest payout stands first." });

const step = {
  order: z
    .int()
    .min(1)
    .meta({ title: "Order", description: "The step's place, from 1.", examples: [1] }),
  name: z
    .string()
    .max(255)
    .meta({ title: "Name", description: "The step's name.", examples: ["Ping"] }),
  status: z
    .enum(["succeeded", "failed", "timeout", "skipped"])
    .meta({ title: "Status", description: "How the step ended.", examples: ["succeeded"] }),
  started_at: Instant.meta({
    title: "Started at",
    description: "When the step was sent.",
    examples: ["2026-05-04T11:59:56.400Z"],
  }),
  response_time_ms: z
    .int()
    .min(0)
    .nullable()
    .meta({
      title: "Response time (ms)",
      description: "How long the answer took; null when there was none.",
      examples: [182],
    }),
  mapped_fields: pii(z.record(z.string(), Json), (fields) =>
    Object.fromEntries(Object.keys(fields).map((name) => [maskNumbers(name), PII_PLACEHOLDER])),
  ).meta({
    title: "Mapped fields",
    description: "What this step's answer hands to the next step, like `BID_ID`.",
    examples: [{ BID_ID: "b-20417" }],
  }),
  error: pii(z.string().max(2048), maskNumbers)
    .nullable()
    .meta({
      title: "Error",
      description: "What went wrong; null when nothing did.",
      examples: ["The answer has no bid"],
    }),
};

/** A step of a multi-step request as readers get it. */
const Step = z
  .strictObject({
    ...step,
    request: RecordedRequest.nullable().meta({
      title: "Request",
      description: "What was sent; null when nothing was.",
    }),
    response: RecordedResponse.nullable().meta({
      title: "Response",
      description: "What was answered; null when nothing was.",
    }),
  })
  .meta({ id: "Step", title: "Step", description: "One step of a multi-step request: a request and its response." });

const StepInput = z
  .strictObject({
    ...step,
    mapped_fields: step.mapped_fields.default({}),
    error: step.error.default(null),
    request: RecordedRequestInput.nullable()
      .meta({ title: "Request", description: "What was sent; null when nothing was." })
      .default(null),
    response: RecordedResponseInput.nullable()
      .meta({ title: "Response", description: "What was answered; null when nothing was." })
      .default(null),
  })
  .meta({
    id: "StepWritten",
    title: "Step, written",
    description: "One step of a multi-step request as producers write it.",
  });

/** What an inbound detail has beyond its row. */
export const inboundDetailFields = {
  request: json(RecordedRequest)
    .nullable()
    .meta({ title: "Request", description: "The request as it came, without secrets." }),
  parameters: json(NameValueList).meta({
    title: "Parameters",
    description: "Every parameter that was captured, by its standard name.",
  }),
  eligible_routes: json(z.array(route)).meta({
    title: "Eligible routes",
    description: "The routes offered, the highest payout first.",
  }),
  reply: json(RecordedBody).nullable().meta({ title: "Reply", description: "The reply as it was sent." }),
};

/** What an outbound detail has beyond its row. */
export const outboundDetailFields = {
  steps: json(z.array(Step)).meta({ title: "Steps", description: "The steps, in order." }),
};

type Inbound = z.output<z.ZodObject<typeof inboundFields>>;
type Outbound = z.output<z.ZodObject<typeof outboundFields>>;
const reasonInput = ReasonCode.nullable().meta({
  title: "Reason code",
  description: "The code of the reason; see the table of reasons.",
  examples: [301],
});

const inboundRules: Rule<Pick<Inbound, "outcome" | "allocated_count" | "total_routes">>[] = [
  [
    "allocated_count",
    (request) => request.allocated_count <= request.total_routes,
    "must not be more than total_routes",
  ],
  [
    "allocated_count",
    (request) => request.outcome !== "allocated" || request.allocated_count > 0,
    "must be at least 1 when the outcome is allocated",
  ],
];

const outboundRules: Rule<Pick<Outbound, "outcome" | "bid_amount" | "minimum_bid">>[] = [
  [
    "bid_amount",
    (request) => request.outcome !== "won" || request.bid_amount !== null,
    "is needed when the outcome is won",
  ],
  [
    "bid_amount",
    (request) => request.outcome !== "won" || (request.bid_amount ?? 0) >= (request.minimum_bid ?? 0),
    "must be at or above minimum_bid when the outcome is won",
  ],
];

/** An inbound RTB request as producers write it. */
const InboundRecord = defineRecord(
  "rtb_request",
  {
    id: "InboundRtbRequestRecord",
    title: "Inbound RTB request, written",
    description: "The whole inbound RTB request, each time it changes.",
  },
  {
    ...inboundFields,
    reason: reasonInput,
    total_routes: inboundFields.total_routes.default(0),
    allocated_count: inboundFields.allocated_count.default(0),
    converted: inboundFields.converted.default(false),
    request: json(RecordedRequestInput).nullable().meta({ title: "Request", description: "The request as it came." }),
    parameters: inboundDetailFields.parameters.default([]),
    eligible_routes: inboundDetailFields.eligible_routes.default([]),
    reply: json(RecordedBodyInput).nullable().meta({ title: "Reply", description: "The reply as it was sent." }),
  },
  inboundRules,
);

/** An outbound RTB request as producers write it. */
const OutboundRecord = defineRecord(
  "rtb_request",
  {
    id: "OutboundRtbRequestRecord",
    title: "Outbound RTB request, written",
    description: "The whole outbound RTB request with its steps, each time it changes.",
  },
  {
    ...outboundFields,
    reason: reasonInput,
    step_count: outboundFields.step_count.default(0),
    steps: json(z.array(StepInput)).meta({ title: "Steps", description: "The steps, in order." }).default([]),
  },
  outboundRules,
);

/** An RTB request of either direction as producers write it. */
export const RtbRequestRecord = z.discriminatedUnion("direction", [InboundRecord, OutboundRecord]).meta({
  id: "RtbRequestRecord",
  title: "RTB request, written",
  description: "An RTB request of either direction, told apart by `direction`.",
});
