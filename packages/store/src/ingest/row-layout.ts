import { contracts, profitOf, recordKinds, records, type RecordKind } from "@moja/contracts";
import type { z } from "zod";
import { keeper, type StoredValue } from "../database/column-codecs.ts";
import type { Table } from "../tenant-scope.ts";
import { settledBody, settledChange, settledMessage, settledTags } from "./normalize.ts";
import type { Redaction } from "./redaction.ts";

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

/** How a kind's records are kept: the columns in one order, both directions together, where the key and `updated_at` stand among them, and what each variant keeps in them. */
export type Layout = {
  table: Table;
  key: readonly string[];
  columns: string[];
  keyAt: number[];
  updatedAt: number;
  keepers: Map<string, (((wire: unknown) => StoredValue) | undefined)[]>;
};

/** The layout of each kind of record. */
export const layouts = Object.fromEntries(
  recordKinds.map((kind): [RecordKind, Layout] => {
    const shapes = variants(records[kind]).map(({ shape }) =>
      kind === "call" ? { ...shape, profit: contracts.callLogs.get.output.shape.profit } : shape,
    );
    const columns = [...new Set(shapes.flatMap(Object.keys))].filter((name) => name !== "kind");
    const keepers = new Map(
      shapes.map((shape) => [variantOf(shape), columns.map((name) => shape[name] && keeper(shape[name]))]),
    );
    const { table, key } = tables[kind];
    return [
      kind,
      {
        table,
        key,
        columns,
        keyAt: key.map((name) => columns.indexOf(name)),
        updatedAt: columns.indexOf("updated_at"),
        keepers,
      },
    ];
  }),
) as Record<RecordKind, Layout>;

/** A record as its table keeps it, in the order of its layout's columns: secrets gone, bodies settled, money and moments as integers. */
export function storedFrom(record: ValidRecord, redaction: Redaction): StoredValue[] {
  const { columns, keepers } = layouts[record.kind];
  const keep = keepers.get("direction" in record ? record.direction : "") ?? [];
  const wire = settled(record, redaction) as Record<string, unknown>;
  return columns.map((name, index) => keep[index]?.(wire[name]) ?? null);
}

function variants(schema: (typeof records)[RecordKind]): { shape: Record<string, z.ZodType> }[] {
  return "options" in schema ? schema.options : [schema];
}

function variantOf({ direction }: Record<string, z.ZodType>): string {
  return direction && "value" in direction ? String(direction.value) : "";
}

/** A record as readers get it: without secrets, its bodies settled, its tags in order, with its profit. */
function settled(record: ValidRecord, redaction: Redaction) {
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
