import { z } from "zod";
import { exampleRtbRequestRecords } from "../examples/rtb-request.ts";
import { json } from "../fields.ts";
import { ReasonCode } from "../reasons.ts";
import { defineRecordOfDirections, type Rule } from "./define-record.ts";
import { RecordedBodyInput, RecordedRequestInput } from "./http-message.ts";
import { inboundDetailFields, StepInput } from "./rtb-request-details.ts";
import { inboundFields, outboundFields } from "./rtb-request-fields.ts";

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

/** An RTB request of either direction: producers write the whole request, each time it changes. */
export const rtbRequest = defineRecordOfDirections({
  kind: "rtb_request",
  id: "RtbRequestRecord",
  title: "RTB request, written",
  description: "An RTB request of either direction, told apart by `direction`.",
  key: ["request_id"],
  directions: [
    {
      id: "InboundRtbRequestRecord",
      title: "Inbound RTB request, written",
      description: "The whole inbound RTB request, each time it changes.",
      at: "received_at",
      fields: {
        ...inboundFields,
        reason: reasonInput,
        total_routes: inboundFields.total_routes.default(0),
        allocated_count: inboundFields.allocated_count.default(0),
        converted: inboundFields.converted.default(false),
        request: json(RecordedRequestInput)
          .nullable()
          .meta({ title: "Request", description: "The request as it came." }),
        parameters: inboundDetailFields.parameters.default([]),
        eligible_routes: inboundDetailFields.eligible_routes.default([]),
        reply: json(RecordedBodyInput).nullable().meta({ title: "Reply", description: "The reply as it was sent." }),
      },
      rules: inboundRules,
    },
    {
      id: "OutboundRtbRequestRecord",
      title: "Outbound RTB request, written",
      description: "The whole outbound RTB request with its steps, each time it changes.",
      at: "sent_at",
      fields: {
        ...outboundFields,
        reason: reasonInput,
        step_count: outboundFields.step_count.default(0),
        steps: json(z.array(StepInput)).meta({ title: "Steps", description: "The steps, in order." }).default([]),
      },
      rules: outboundRules,
    },
  ],
  examples: exampleRtbRequestRecords,
});
