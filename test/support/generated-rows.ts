import { unwrap, type Filter, type RecordInput } from "@moja/contracts";
import fc from "fast-check";
import { ingestOrFail, type Tenant } from "./harness.ts";
import { lists } from "./http.ts";
import { recordFor } from "./record-factory.ts";

export type List = (typeof lists)[number]["contract"];
export type Row = Record<string, unknown>;
type Field = Parameters<typeof unwrap>[0] & { safeParse: (value: unknown) => { success: boolean } };

/** Where the generated rows lie in time: many at the same moment, and on the edges of days. */
export const baseTime = Date.UTC(2026, 4, 4, 22, 0, 0);
const moment = fc.oneof(
  fc.integer({ min: 0, max: 12 }).map((step) => baseTime + step * 1_200_000),
  fc.integer({ min: 0, max: 4 }).map((ms) => Date.UTC(2026, 4, 5) - 2 + ms),
);

/** Changes to what records may not say together: what a filter's column needs of its neighbours. */
const consistentFields: Record<string, (row: Row) => Row> = {
  "/v1/call-logs": (row) => {
    const dial = String(row["dial_type"]);
    const magic = row["moja_magic"] === true && { cost: 0, cost_per_min: 0 };
    const byRtb = dial.startsWith("rtb") ? { rtb_id: row["rtb_id"] ?? "rtb_1" } : { rtb_id: null, rtb_name: null };
    const byTarget =
      dial === "target" ? { target_id: row["target_id"] ?? "target_1" } : { target_id: null, target_name: null };
    const route = { ...byRtb, ...byTarget };
    return { ...row, ...route, ...magic, duration_seconds: null };
  },
  "/v1/rtb/inbound-requests": (row) => ({ ...row, total_routes: 5, allocated_count: 1 }),
  "/v1/rtb/outbound-requests": (row) => ({
    ...row,
    minimum_bid: null,
    bid_amount: row["outcome"] === "won" ? (row["bid_amount"] ?? 3) : row["bid_amount"],
  }),
  "/v1/webhooks/incoming-requests": (row) => ({
    ...row,
    call_log_id: row["outcome"] === "unmatched" ? null : row["call_log_id"],
  }),
  "/v1/webhooks/outgoing-requests": (row) => ({
    ...row,
    delivered_at: row["status"] === "delivered" ? "2026-05-05T00:00:00.000Z" : null,
  }),
};

/**
 * A few values of a column, so that rows share them: words of closed sets, numbers near each other, texts with what
 * separates values.
 */
function valueOf(list: List, column: string): fc.Arbitrary<unknown> {
  const field = list.row.shape[column as never] as Field;
  const few = fc.constantFrom(...fewValues(list, column, field));
  return field.safeParse(null).success ? fc.option(few, { freq: 5 }) : few;
}

function fewValues(list: List, column: string, field: Field): unknown[] {
  if (column === "reason") return [101, 301, 302, 201];
  if (column === "tags")
    return [{ quality: "reviewed" }, { quality: "a:b", source: "search" }, { source: "", Quality: "reviewed" }, {}];
  const example = (list.example.output.data as Row[])[0]?.[column];
  const candidates = [
    true,
    false,
    ...options(field),
    0,
    1,
    2,
    200,
    204,
    404,
    503,
    0.000001,
    0.01183,
    0.3,
    24.5,
    120,
    example,
    "+13105550142",
    "+13105550143",
    "a",
    "A",
    "a.b~c:d-e",
    "a, b",
    "a:b",
    "é",
    "target",
    "rtb",
    "2026-05-04T23:00:00.000Z",
    "2026-05-05T00:00:00.000Z",
  ];
  return candidates.filter((each) => each !== null && each !== undefined && field.safeParse(each).success);
}

/** The words of a closed set. */
export function options(field: Field): unknown[] {
  return Object.values((unwrap(field)._zod.def as { entries?: Record<string, unknown> }).entries ?? {});
}

/**
 * Records for a list; the columns that filters look at hold few values in many combinations. A seed gives the same
 * ones.
 */
export function generatedRecords(list: List, count: number, seed?: number): RecordInput[] {
  const columns = [
    ...new Set(Object.values(list.filters as Record<string, Filter>).map(({ column }) => column)),
  ].filter((column) => ![list.id, "profit", "caller_ref"].includes(column));
  const changes = fc.record({
    ...Object.fromEntries(columns.map((column) => [column, valueOf(list, column)])),
    [list.at]: moment.map((at) => new Date(at).toISOString()),
  });
  return fc.sample(changes, { numRuns: count, ...(seed !== undefined && { seed }) }).map((row, index) => ({
    ...recordFor(list, `${["a", "Z", "~", "0."][index % 4]}${list.path.replaceAll("/", ":")}${index}`, baseTime),
    ...consistentFields[list.path]?.(row),
  }));
}

/** Writes generated records of a list, by the seed of the run. */
export async function ingestGeneratedRows(tenant: Tenant, list: List, count: number): Promise<void> {
  await ingestOrFail(tenant, generatedRecords(list, count));
}
