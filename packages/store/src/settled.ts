import { isUtf8 } from "node:buffer";
import { createHash } from "node:crypto";
import { bodyBytesMax, type BodyWritten } from "@moja/contracts";
import type { z } from "zod";
import type { Redaction } from "./redaction.ts";

type Pairs = { name: string; value: string }[];
type Message = { url?: string; query?: Pairs; headers?: Pairs; body: z.output<typeof BodyWritten> | null };

/** A body as it is kept: whole up to 64 KiB, else omitted with its size and hash. Secrets are gone before either is taken, also of text that was sent in base64. */
export function settledBody({ content_type, encoding, text }: z.output<typeof BodyWritten>, redaction: Redaction) {
  const given = Buffer.from(text, encoding);
  const readable = isUtf8(given);
  const bytes = readable ? Buffer.from(redaction.text(given.toString(), content_type)) : given;
  const kept = readable ? ("utf8" as const) : ("base64" as const);
  const whole = bytes.length <= bodyBytesMax;
  return {
    content_type,
    encoding: kept,
    text: whole ? bytes.toString(kept) : null,
    size_bytes: bytes.length,
    sha256: createHash("sha256").update(bytes).digest("hex"),
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
