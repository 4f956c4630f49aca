import { profitOf, records, type RecordKind } from "@moja/contracts";
import type { z } from "zod";
import { keep } from "./columns.ts";
import { redactPairs, redactUrl } from "./redaction.ts";
import type { Stored } from "./scope.ts";
import { settledBody, settledMessage } from "./settled.ts";

/** The table of each kind of record, and what identifies a row besides its organization. */
export const tables = {
  call: { table: "calls", key: ["call_log_id"] },
  call_event: { table: "call_events", key: ["call_log_id", "event_id"] },
  rtb_request: { table: "rtb_requests", key: ["request_id"] },
  rtb_event: { table: "rtb_events", key: ["request_id", "event_id"] },
  webhook_request: { table: "webhook_requests", key: ["request_id"] },
  webhook_attempt: { table: "webhook_attempts", key: ["request_id", "attempt"] },
} as const satisfies Record<RecordKind, { table: string; key: readonly string[] }>;

/** A record that passed its contract. */
export type ValidRecord = z.output<(typeof records)[RecordKind]>;

/** The columns of each kind in one order, both directions together. */
export const columnsOf = Object.fromEntries(
  Object.entries(records).map(([kind, schema]) => {
    const names = variants(schema).flatMap(({ shape }) => Object.keys(shape)).filter((name) => name !== "kind");
    return [kind, [...new Set([...names, ...(kind === "call" ? ["profit"] : [])])]];
  }),
) as Record<RecordKind, string[]>;

/** A record as its table keeps it: secrets gone, bodies settled, money and moments as integers. */
export function storedFrom(record: ValidRecord): Stored {
  const [shape] = variants(records[record.kind]).filter((variant) => !("direction" in record) || variant.shape["direction"]?.safeParse(record.direction).success).map((variant) => variant.shape);
  const stored: Stored = {};
  for (const [name, value] of Object.entries(withoutSecrets(record))) {
    const field = shape?.[name];
    if (name !== "kind" && field) stored[name] = keep(field, name === "tags" ? sorted(value as Record<string, string>) : value);
  }
  if (record.kind === "call") stored["profit"] = micros(profitOf(record));
  return stored;
}

function variants(schema: (typeof records)[RecordKind]): { shape: Record<string, z.ZodType> }[] {
  return "options" in schema ? (schema.options) : [schema];
}

function withoutSecrets(record: ValidRecord) {
  switch (record.kind) {
    case "call":
      return { ...record, recording_url: record.recording_url && redactUrl(record.recording_url) };
    case "webhook_attempt":
      return { ...record, request: record.request && settledMessage(record.request), response: record.response && settledMessage(record.response) };
    case "webhook_request":
      return record.direction === "outgoing" ? record : { ...record, request: record.request && settledMessage(record.request), response: record.response && settledMessage(record.response) };
    case "rtb_request":
      return record.direction === "inbound"
        ? { ...record, request: record.request && settledMessage(record.request), parameters: redactPairs(record.parameters), reply: record.reply && settledBody(record.reply) }
        : { ...record, steps: record.steps.map((step) => ({ ...step, request: step.request && settledMessage(step.request), response: step.response && settledMessage(step.response) })) };
    default:
      return record;
  }
}

function sorted(tags: Record<string, string>) {
  return Object.fromEntries(Object.entries(tags).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function micros(usd: number | null): number | null {
  return usd === null ? null : Math.round(usd * 1e6);
}
