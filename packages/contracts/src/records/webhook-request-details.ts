import { z } from "zod";
import { Count, enumOf, FreeText, Instant, json, Json, pii, PII_PLACEHOLDER } from "../fields.ts";
import { maskNumbers } from "../number-runs.ts";
import { RecordedRequest, RecordedResponse } from "./http-message.ts";
import { secretsIn } from "./secrets.ts";
import { attemptErrors } from "./webhook-request-fields.ts";

/** From here on a number may be a telephone number, whatever its field. */
const sumMax = 1_000_000;

/** The fields whose numbers are money, times or counts. Any other number may be a postal code or part of a number. */
const fieldsOfSums =
  /(?:^|_)(?:revenue|payout|paid_out|cost|profit|price|amount|bid|per_min|seconds|ms|duration|count)$/;

/** Withholds a changed value, unless it is a sum of a field of sums, yes or no, or nothing. */
function maskChanged<Value>(field: string, value: Value): Value | typeof PII_PLACEHOLDER {
  const isSum = typeof value === "number" && Math.abs(value) < sumMax && fieldsOfSums.test(field);
  return isSum || typeof value === "boolean" || value === null ? value : PII_PLACEHOLDER;
}

const change = secretsIn(
  "change",
  pii(
    z
      .strictObject({
        field: z.string().max(255).meta({
          title: "Field",
          description: "The field or tag that changed.",
        }),
        before: Json.meta({
          title: "Before",
          description: "Its value before. Text is withheld without `pii:read`.",
        }),
        after: Json.meta({
          title: "After",
          description: "Its value after. Text is withheld without `pii:read`.",
        }),
      })
      .meta({ id: "Change", title: "Change", description: "What the request changed on its call." }),
    ({ field, before, after }) => ({
      field: maskNumbers(field),
      before: maskChanged(field, before),
      after: maskChanged(field, after),
    }),
  ),
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
