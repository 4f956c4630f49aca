import { isUtf8 } from "node:buffer";
import { hash } from "node:crypto";
import { bodyBytesMax, type BodyWritten } from "@moja/contracts";
import type { z } from "zod";
import type { Redaction } from "./redaction.ts";

type Pairs = { name: string; value: string }[];
type Message = { url?: string; query?: Pairs; headers?: Pairs; body: z.output<typeof BodyWritten> | null };

/** A body as it is kept: whole up to 64 KiB and without secrets, also of text that was sent in base64; else omitted, with the size and hash of what was sent. */
export function settledBody({ content_type, encoding, text }: z.output<typeof BodyWritten>, redaction: Redaction) {
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
export function settledMessage(message: Message, redaction: Redaction) {
  return {
    ...message,
    ...(message.url !== undefined && { url: redaction.url(message.url) }),
    ...(message.query && { query: redaction.pairs(message.query) }),
    ...(message.headers && { headers: redaction.pairs(message.headers) }),
    body: message.body && settledBody(message.body, redaction),
  };
}

/** What a webhook changed as it is kept: without the values of a secret field. */
export function settledChange<Change extends { field: string; before?: unknown; after?: unknown }>(
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
