import { isUtf8 } from "node:buffer";
import { hash } from "node:crypto";
import { bodyBytesMax, secretPlaceOf, unwrap, type RecordedBodyInput, type SecretPlace } from "@moja/contracts";
import { z } from "zod";
import type { Redaction } from "./redaction.ts";

/**
 * Turns a value of a record into what is stored of it: without secrets, bodies decoded and bounded, tags in order.
 * It has a method's type, because each takes the values of its own schema only.
 */
type Normalizer = { normalize(value: unknown, redaction: Redaction): unknown }["normalize"];

/** How the secrets of each place are removed. The values are valid: the contract has parsed them. */
const normalizers: Record<SecretPlace, Normalizer> = {
  text: (text: string, redaction) => redaction.text(text),
  url: (url: string, redaction) => redaction.url(url),
  body: normalizeBody,
  name_values: (list: { name: string; value: string }[], redaction) => redaction.nameValues(list),
  json: (value: unknown, redaction) => redaction.value(value),
  tags: normalizeTags,
  change: normalizeChange,
};

/** What normalizes values of a schema; undefined where nothing in them needs it. Made once per schema. */
export function createNormalizer(schema: z.core.$ZodType): Normalizer | undefined {
  const inner = unwrap(schema);
  const normalize = normalizerOf(inner);
  return (
    normalize && ((value, redaction) => (value === null || value === undefined ? value : normalize(value, redaction)))
  );
}

function normalizerOf(schema: z.core.$ZodType): Normalizer | undefined {
  const place = secretPlaceOf(schema);
  if (place) return normalizers[place];
  if (schema instanceof z.ZodObject) return objectNormalizer(schema.shape);
  // A record's names decide which of its values are secret, so it is redacted as a whole.
  if (schema instanceof z.ZodRecord) return normalizers.json;
  if (!(schema instanceof z.ZodArray)) return undefined;
  const each = createNormalizer(schema.element);
  return each && ((value, redaction) => (Array.isArray(value) ? value.map((item) => each(item, redaction)) : value));
}

function objectNormalizer(shape: z.core.$ZodShape): Normalizer | undefined {
  const members = Object.entries(shape).flatMap(([name, field]): [string, Normalizer][] => {
    const normalize = createNormalizer(field);
    return normalize ? [[name, normalize]] : [];
  });
  if (members.length === 0) return undefined;
  return (value, redaction) => {
    if (typeof value !== "object") return value;
    const normalized: Record<string, unknown> = { ...value };
    for (const [name, normalize] of members) normalized[name] = normalize(normalized[name], redaction);
    return normalized;
  };
}

/**
 * A body as it is kept: whole up to 64 KiB and without secrets, also of text that was sent in base64; else omitted,
 * with the size and hash of what was sent.
 */
function normalizeBody({ content_type, encoding, text }: z.output<typeof RecordedBodyInput>, redaction: Redaction) {
  const sent = Buffer.from(text, encoding);
  const isKept = sent.length <= bodyBytesMax;
  const received = encoding === "utf8" ? text : decodeUtf8(sent);
  const redacted = isKept && received !== undefined ? redaction.body(received, content_type) : received;
  const bytes = redacted === received ? sent : Buffer.from(redacted ?? "");
  return {
    content_type,
    encoding: received === undefined ? ("base64" as const) : ("utf8" as const),
    text: isKept ? (redacted ?? sent.toString("base64")) : null,
    size_bytes: bytes.length,
    sha256: hash("sha256", bytes, "hex"),
    omitted_reason: isKept ? null : "too_large",
  };
}

/** Decodes bytes that are UTF-8. */
function decodeUtf8(bytes: Buffer): string | undefined {
  return isUtf8(bytes) ? bytes.toString() : undefined;
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
function normalizeTags(tags: Record<string, string>, redaction: Redaction): Record<string, string> {
  const redactedTags = Object.entries(tags).map(([name, value]): [string, string] => [
    name.toWellFormed(),
    redaction.tag(name, value.toWellFormed()),
  ]);
  return Object.fromEntries(redactedTags.sort(([a], [b]) => (a < b ? -1 : 1)));
}
