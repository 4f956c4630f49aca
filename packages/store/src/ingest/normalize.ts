import { isUtf8 } from "node:buffer";
import { hash } from "node:crypto";
import { bodyBytesMax, profitOf, records, type BodyWritten, type RecordKind } from "@moja/contracts";
import type { z } from "zod";
import type { Redaction } from "./redaction.ts";

type Pairs = { name: string; value: string }[];
type Message = { url?: string; query?: Pairs; headers?: Pairs; body: z.output<typeof BodyWritten> | null };

/** A body as it is kept: whole up to 64 KiB and without secrets, also of text that was sent in base64; else omitted, with the size and hash of what was sent. */
function settledBody({ content_type, encoding, text }: z.output<typeof BodyWritten>, redaction: Redaction) {
  const given = Buffer.from(text, encoding);
  const whole = given.length <= bodyBytesMax;
  const readable = isUtf8(given);
  const bytes = whole && readable ? Buffer.from(redaction.body(given.toString(), content_type)) : given;
  const kept = readable ? ("utf8" as const) : ("base64" as const);
  return {
    content_type,
    encoding: kept,
    text: whole ? bytes.toString(kept) : null,
    size_bytes: bytes.length,
    sha256: hash("sha256", bytes, "hex"),
    omitted_reason: whole ? null : "too_large",
  };
}

/** An HTTP message as it is kept: without secrets, its body settled. */
function settledMessage(message: Message, redaction: Redaction) {
  return {
    ...message,
    ...(message.url !== undefined && { url: redaction.url(message.url) }),
    ...(message.query && { query: redaction.pairs(message.query) }),
    ...(message.headers && { headers: redaction.pairs(message.headers) }),
    body: message.body && settledBody(message.body, redaction),
  };
}

/** What a webhook changed as it is kept: without the values of a secret field. */
function settledChange<Change extends { field: string; before?: unknown; after?: unknown }>(
  change: Change,
  redaction: Redaction,
): Change {
  const { [change.field]: before } = redaction.value({ [change.field]: change.before ?? null });
  const { [change.field]: after } = redaction.value({ [change.field]: change.after ?? null });
  return { ...change, before, after };
}

/** A call's tags as they are kept: in order, without the values of secret ones. */
export function settledTags(tags: Record<string, string>, redaction: Redaction): Record<string, string> {
  const kept = Object.entries(tags).map(([name, value]): [string, string] => [
    name.toWellFormed(),
    redaction.isSecret(name) ? "[redacted]" : value.toWellFormed(),
  ]);
  return Object.fromEntries(kept.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** A record that passed its contract. */
export type ValidRecord = z.output<(typeof records)[RecordKind]>;

/** A record as readers get it: without secrets, its bodies settled, its tags in order, with its profit. */
export function settled(record: ValidRecord, redaction: Redaction) {
  const message = (given: Parameters<typeof settledMessage>[0] | null) => given && settledMessage(given, redaction);
  const text = <Text extends string | null>(given: Text) => (given === null ? given : (redaction.text(given) as Text));
  switch (record.kind) {
    case "call":
      return {
        ...record,
        reason: text(record.reason),
        recording_url: record.recording_url && redaction.url(record.recording_url),
        tags: settledTags(record.tags, redaction),
        profit: profitOf(record),
      };
    case "webhook_attempt":
      return {
        ...record,
        error_message: text(record.error_message),
        request: message(record.request),
        response: message(record.response),
      };
    case "webhook_request":
      return record.direction === "outgoing"
        ? record
        : {
            ...record,
            request: message(record.request),
            response: message(record.response),
            changes: record.changes.map((change) => settledChange(change, redaction)),
          };
    case "rtb_request":
      return record.direction === "inbound"
        ? {
            ...record,
            request: message(record.request),
            parameters: redaction.pairs(record.parameters),
            reply: record.reply && settledBody(record.reply, redaction),
          }
        : {
            ...record,
            steps: record.steps.map((step) => ({
              ...step,
              error: text(step.error),
              mapped_fields: redaction.value(step.mapped_fields),
              request: message(step.request),
              response: message(step.response),
            })),
          };
    default:
      return { ...record, message: text(record.message), data: record.data && redaction.value(record.data) };
  }
}
