import type { RecordInput } from "@moja/contracts";
import fc from "fast-check";
import { summaries } from "./http.ts";
import { anyCall, anyChange, anyFilters, callIds, clocks } from "./random-rows.ts";
import { exampleRecord, recordFor } from "./record-factory.ts";

type Change = Record<string, unknown>;

const hourMs = 60 * 60 * 1000;
const daysMs = 72 * hourMs;
const quarterMs = hourMs / 4;

/**
 * Where a row stands, seen from the change of the clock: anywhere, at hours and halves, or at an edge of the window
 * and the quarters of an hour beside it, up to which calls are rolled up.
 */
const places = fc.oneof(
  fc
    .oneof(fc.integer({ min: -daysMs, max: daysMs }), fc.constantFrom(-hourMs / 2, -1, 0, 1, hourMs / 2, hourMs))
    .map((at) => () => at),
  fc
    .tuple(
      fc.nat(1),
      fc.constantFrom((edge: number) => edge, Math.floor, Math.ceil),
      fc.integer({ min: -1, max: 1 }),
    )
    .map(
      ([edge, beside, ms]) =>
        (edges: number[]) =>
          beside(edges[edge]! / quarterMs) * quarterMs + ms,
    ),
);

/**
 * Records around a change of the clock, and a question to a summary about them: its window with the filters, and with
 * all that is asked.
 */
export function summaryCases({ name, contract, list }: (typeof summaries)[number]) {
  const report = String(name.split(".")[1]);
  const given = fc.record({
    clock: clocks,
    rows: fc.array(fc.record({ at: places, change: anyChange[report] as fc.Arbitrary<Change> }), {
      maxLength: 40,
      size: "max",
    }),
    calls: fc.tuple(...callIds.slice(1).map(() => anyCall)),
    edges: fc.tuple(fc.integer({ min: -daysMs, max: 0 }), fc.integer({ min: 1, max: daysMs })),
    filters: anyFilters[report] as fc.Arbitrary<Change>,
    group_by: fc.option(fc.shuffledSubarray(Object.keys(contract.dimensions), { minLength: 1, maxLength: 3 })),
    interval: fc.option(fc.constantFrom("hour", "day", "week", "month")),
    order_by: fc.constantFrom(...Object.keys(contract.measures)),
    order: fc.constantFrom("asc", "desc"),
    top: fc.integer({ min: 1, max: 4 }),
  });
  return given.map(
    ({ clock: [time_zone, change], rows, calls, edges, filters, group_by, interval, order_by, order, top }) => {
      const moment = Date.parse(change);
      const written = rows.map((row, index) => recordFor(list, `row_${index}`, moment + row.at(edges), row.change));
      const relatedCalls =
        report === "callLogs"
          ? []
          : calls.map(
              (call, index) =>
                ({ ...exampleRecord(summaries[0]!.list), call_log_id: callIds[index], ...call }) as RecordInput,
            );
      const window = {
        from: new Date(moment + edges[0]).toISOString(),
        to: new Date(moment + edges[1]).toISOString(),
        ...filters,
      };
      return {
        records: [...written, ...relatedCalls],
        window,
        filters,
        group_by,
        interval,
        asked: {
          ...window,
          ...(group_by && { group_by }),
          ...(interval && { interval }),
          time_zone,
          order_by,
          order,
          top,
        },
      };
    },
  );
}
