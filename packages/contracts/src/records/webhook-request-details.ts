import { z } from "zod";
import { Count, enumOf, FreeText, Instant, json, Json, maskNumbers, pii, PII_PLACEHOLDER } from "../fields.ts";
import { RecordedRequest, RecordedResponse } from "./http-message.ts";
import { secretsIn } from "./secrets.ts";
import { attemptErrors } from "./webhook-request-fields.ts";

/** From here on a number may be a telephone number. */
const sumMax = 1_000_000;

/** A value that a request changed: sums and yes or no are no personal data, anything else may be. */
const changedValue = pii(Json.clone(), (value) =>
  (typeof value === "number" && Math.abs(value) < sumMax) || typeof value === "boolean" || value === null
    ? value
    : PII_PLACEHOLDER,
);

const change = secretsIn(
  "change",
  z
    .strictObject({
      field: pii(z.string().max(255), maskNumbers).meta({
        title: "Field",
        description: "The field or tag that changed.",
      }),
      before: changedValue.meta({
        title: "Before",
        description: "Its value before. Text is withheld without `pii:read`.",
      }),
      after: changedValue.meta({
        title: "After",
        description: "Its value after. Text is withheld without `pii:read`.",
      }),
    })
    .meta({ id: "Change", title: "Change", description: "What the request changed on its call." }),
);

/** What an incoming detail has beyond its row. */
export const incomingDetailFields = {
  request: json(RecordedRequest)
    .nullable()
    .meta({ title: "Request", description: "The request as it came, without secrets." }),
  response: json(RecordedResponse).nullable().meta({ title: "Response", description: "Our reply." }),
  changes: json(z.array(change)).meta({ title: "Changes", description: "What it changed on its call." }),
};

/** The fields of an attempt: what producers write and readers get. */
export const attemptFields = {
  attempt: Count.min(1).max(1000).meta({ title: "Attempt", description: "The attempt's number, from 1." }),
  started_at: Instant.meta({ title: "Started at", description: "When it was sent." }),
  response_time_ms: Count.nullable().meta({
    title: "Response time (ms)",
    description: "Milliseconds that it took; null when it did not end.",
  }),
  error_code: enumOf(attemptErrors)
    .nullable()
    .meta({ title: "Error code", description: "What went wrong; null when nothing did." }),
  error_message: FreeText.nullable().meta({ title: "Error", description: "What went wrong, in words." }),
  request: json(RecordedRequest).nullable().meta({ title: "Request", description: "The request as it was sent." }),
  response: json(RecordedResponse)
    .nullable()
    .meta({ title: "Response", description: "The answer; null when there was none." }),
};

/** An attempt as readers get it. */
export const Attempt = z
  .strictObject(attemptFields)
  .meta({ id: "Attempt", title: "Attempt", description: "One attempt to deliver an outgoing webhook request." });
