import { createHash } from "node:crypto";
import { bodyBytesMax, type BodyWritten } from "@moja/contracts";
import type { z } from "zod";
import { redactPairs, redactText, redactUrl } from "./redaction.ts";

type Pairs = { name: string; value: string }[];
type Message = { url?: string; query?: Pairs; headers?: Pairs; body: z.output<typeof BodyWritten> | null };

/** A body as it is kept: whole up to 64 KiB, else omitted with its size and hash. Secrets are gone before either is taken. */
export function settledBody({ content_type, encoding, text }: z.output<typeof BodyWritten>) {
  const kept = encoding === "utf8" ? redactText(text, content_type) : text;
  const bytes = Buffer.from(kept, encoding);
  const size_bytes = bytes.length;
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const whole = size_bytes <= bodyBytesMax;
  return { content_type, encoding, text: whole ? kept : null, size_bytes, sha256, omitted_reason: whole ? null : "too_large" };
}

/** An HTTP message as it is kept: without secrets, its body settled. */
export function settledMessage(message: Message) {
  return {
    ...message,
    ...(message.url !== undefined && { url: redactUrl(message.url) }),
    ...(message.query && { query: redactPairs(message.query) }),
    ...(message.headers && { headers: redactPairs(message.headers) }),
    body: message.body && settledBody(message.body),
  };
}
