import { isUtf8 } from "node:buffer";
import { hash } from "node:crypto";
import { bodyBytesMax, profitOf, records, type RecordedBodyInput, type RecordKind } from "@moja/contracts";
import type { z } from "zod";
import type { Redaction } from "./redaction.ts";

type NameValueList = { name: string; value: string }[];
type Message = {
  url?: string;
  query?: NameValueList;
  headers?: NameValueList;
  body: z.output<typeof RecordedBodyInput> | null;
};

/** A body as it is kept: whole up to 64 KiB and without secrets, also of text that was sent in base64; else omitted, with the size and hash of what was sent. */
function normalizeBody({ content_type, encoding, text }: z.output<typeof RecordedBodyInput>, redaction: Redaction) {
  const sent = Buffer.from(text, encoding);
  const isKept = sent.length <= bodyBytesMax;
  const readable = isUtf8(sent);
  const bytes = isKept && readable ? Buffer.from(redaction.body(sent.toString(), content_type)) : sent;
  const keptEncoding = readable ? ("utf8" as const) : ("base64" as const);
  return {
    content_type,
    encoding: keptEncoding,
    text: isKept ? bytes.toString(keptEncoding) : null,
    size_bytes: bytes.length,
    sha256: hash("sha256", bytes, "hex"),
    omitted_reason: isKept ? null : "too_large",
  };
}

/** An HTTP message as it is kept: without secrets, its body settled. */
function normalizeMessage(message: Message, redaction: Redaction) {
  return {
    ...message,
    ...(message.url !== undefined && { url: redaction.url(message.url) }),
    ...(message.query && { query: redaction.nameValues(message.query) }),
    ...(message.headers && { headers: redaction.nameValues(message.headers) }),
    body: message.body && normalizeBody(message.body, redaction),
  };
}

/** What a webhook changed as it is kept: without the values of a secret field. */
function normalizeChange<Change extends { field: string; before?: unknown; after?: unknown }>(
  change: Change,
  redaction: Redaction,
): Change {
  const { [change.field]: before } = redaction.value({ [change.field]: change.before ?? null });
  const { [change.field]: after } = redaction.value({ [change.field]: change.after ?? null });
  return { ...change, before, after };
}

/** A call's tags as they are kept: in order, without the values of secret ones. */
export function normalizeTags(tags: Record<string, string>, redaction: Redaction): Record<string, string> {
  const redactedTags = Object.entries(tags).map(([name, value]): [string, string] => [
    name.toWellFormed(),
    redaction.isSecret(name) ? "[redacted]" : value.toWellFormed(),
  ]);
  return Object.fromEntries(redactedTags.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** A record that passed its contract. */
export type ValidRecord = z.output<(typeof records)[RecordKind]>;

/** A record as readers get it: without secrets, its bodies settled, its tags in order, with its profit. */
export function normalizeRecord(record: ValidRecord, redaction: Redaction) {
  const message = (value: Parameters<typeof normalizeMessage>[0] | null) => value && normalizeMessage(value, redaction);
  const text = <Text extends string | null>(value: Text) => (value === null ? value : (redaction.text(value) as Text));
  switch (record.kind) {
    case "call":
      return {
        ...record,
        reason: text(record.reason),
        recording_url: record.recording_url && redaction.url(record.recording_url),
        tags: normalizeTags(record.tags, redaction),
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
            changes: record.changes.map((change) => normalizeChange(change, redaction)),
          };
    case "rtb_request":
      return record.direction === "inbound"
        ? {
            ...record,
            request: message(record.request),
            parameters: redaction.nameValues(record.parameters),
            reply: record.reply && normalizeBody(record.reply, redaction),
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
