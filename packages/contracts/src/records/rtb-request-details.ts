import { z } from "zod";
import { freeText, Instant, json, Json, pii, PII_PLACEHOLDER } from "../fields.ts";
import { InstantInput } from "../instants.ts";
import { withOwnNames } from "../member-names.ts";
import { maskNumbers } from "../number-runs.ts";
import {
  NameValueList,
  RecordedBody,
  RecordedRequest,
  RecordedRequestInput,
  RecordedResponse,
  RecordedResponseInput,
} from "./http-message.ts";
import { secretsIn } from "./secrets.ts";

const route = z
  .strictObject({
    number: freeText(z.string(), maskNumbers)
      .nullable()
      .meta({ title: "Number", description: "The number to send the call to." }),
    payout: z.number().min(0).meta({ title: "Payout (USD)", description: "What the publisher gets." }),
    duration: z
      .int()
      .min(0)
      .nullable()
      .meta({ title: "Duration (s)", description: "How long the number stays allocated." }),
    payout_condition: freeText(z.string(), maskNumbers)
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
  name: freeText(z.string().max(255), maskNumbers).meta({
    title: "Name",
    description: "The step's name.",
    examples: ["Ping"],
  }),
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
    withOwnNames(Object.keys(fields).map((name) => [maskNumbers(name), PII_PLACEHOLDER])),
  ).meta({
    title: "Mapped fields",
    description: "What this step's answer hands to the next step, like `BID_ID`.",
    examples: [{ BID_ID: "b-20417" }],
  }),
  error: secretsIn("text", freeText(z.string().max(2048), maskNumbers))
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

export const StepInput = z
  .strictObject({
    ...step,
    started_at: InstantInput.meta({ ...InstantInput.meta(), ...step.started_at.meta() }),
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
