import { z } from "zod";
import { CallRecord } from "./call.ts";
import { CallEventRecord, RtbEventRecord } from "./events.ts";
import { RtbRequestRecord } from "./rtb-request.ts";
import { WebhookAttemptRecord, WebhookRequestRecord } from "./webhook-request.ts";

/** Every kind of record that producers write. */
export const records = {
  call: CallRecord,
  call_event: CallEventRecord,
  rtb_request: RtbRequestRecord,
  rtb_event: RtbEventRecord,
  webhook_request: WebhookRequestRecord,
  webhook_attempt: WebhookAttemptRecord,
} as const;

/** The kind of a record. */
export type RecordKind = keyof typeof records;

/** The names of the kinds. */
export const recordKinds = Object.keys(records) as [RecordKind, ...RecordKind[]];

const { call, call_event, rtb_request, rtb_event, webhook_request, webhook_attempt } = records;

/** A record as producers write it. */
export const RecordInput = z
  .discriminatedUnion("kind", [call, call_event, rtb_request, rtb_event, webhook_request, webhook_attempt])
  .meta({
    id: "RecordWritten",
    title: "Record, written",
    description:
      "A record of any kind, told apart by `kind`. An unknown field is refused; a nullable one may be left out, and is then null. The newest `updated_at` wins.",
  });

/** A record as producers write it, before defaults. */
export type RecordInput = { [Kind in RecordKind]: z.input<(typeof records)[Kind]> }[RecordKind];
