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

/** A record as producers write it, before defaults. */
export type RecordWritten = { [Kind in RecordKind]: z.input<(typeof records)[Kind]> }[RecordKind];
