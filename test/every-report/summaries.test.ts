import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { addressOf, rest, summaries, trpc, walked } from "../support/ask.ts";
import { databases } from "../support/databases.ts";
import { naive } from "../support/naive.ts";
import { stories } from "../support/stories.ts";
import { accepted, world, type World } from "../support/world.ts";

type Row = Record<string, any>;

const hourMs = 60 * 60 * 1000;

/** A dimension's value in a list's row. */
function valueOf(row: Row, dimension: string): unknown {
  if (dimension === "reason_code" || dimension === "reason_class")
    return row["reason"]?.[dimension.slice("reason_".length)] ?? null;
  if (dimension === "http_status_class")
    return row["http_status"] === null ? null : `${String(row["http_status"])[0]}xx`;
  return row[dimension];
}

describe.each(databases)("on $name", ({ create }) => {
  let api: World;
  beforeAll(async () => void (api = await world(create)));
  afterAll(() => api[Symbol.asyncDispose]());

  test.each(summaries)(
    "$name says what a walk of the list adds up to: in all, by group, the rest, and in every bucket, also when the clock changes",
    async (summary) => {
      const { name, promise, list } = summary;
      const report = String(name.split(".")[1]);
      expect(Object.keys(naive[report] ?? {}).toSorted()).toStrictEqual(Object.keys(promise.measures).toSorted());
      await fc.assert(
        fc.asyncProperty(stories(summary), async ({ records, window, filters, group_by, interval, asked }) => {
          const tenant = await api.tenant();
          await accepted(tenant, records);
          const { time_zone, order_by, order, top } = asked;
          const { status, body } = await rest(api, tenant.key, addressOf(promise, asked));
          expect(status, JSON.stringify(body)).toBe(200);
          expect((await trpc(api, tenant.key, name, asked)).body).toStrictEqual(body);
          expect(body.applied).toStrictEqual({
            from: window.from,
            to: window.to,
            filters,
            group_by: group_by ?? [],
            interval,
            time_zone,
            order_by,
            order,
            top,
          });

          const rows = await walked(api, tenant.key, list, { ...window, limit: 15 });
          const known = new Map(
            report === "callLogs"
              ? []
              : (await walked(api, tenant.key, summaries[0]!.list, { from: "2026-01-01", to: "2027-01-01" })).map(
                  (call) => [call["call_log_id"], call],
                ),
          );
          const measured = (of: Row[]) =>
            Object.fromEntries(
              Object.entries(naive[report] ?? {}).map(([measure, compute]) => [
                measure,
                compute(of, (row) => known.get(row["call_log_id"])),
              ]),
            );
          const keyOf = (value: (dimension: string) => unknown) => JSON.stringify((group_by ?? []).map(value));
          const groups = Map.groupBy(rows, (row) => keyOf((dimension) => valueOf(row, dimension)));

          expect(body.totals).toStrictEqual(measured(rows));
          const expectRow = ({ group: _, groups: __, series, ...measures }: Row, of: Row[]) => {
            expect(measures).toStrictEqual(measured(of));
            expect(series === null).toBe(interval === null);
            for (const { start, end, hours, ...bucket } of series ?? []) {
              expect(bucket).toStrictEqual(measured(of.filter((row) => row[list.at] >= start && row[list.at] < end)));
              expect(hours).toBeCloseTo((Date.parse(end) - Date.parse(start)) / hourMs, 5);
            }
            if (interval) expectBuckets(series, { ...asked, interval });
          };
          if (!group_by) {
            expect(body.data).toHaveLength(1);
            return expectRow(body.data[0], rows);
          }
          const shown = body.data.map(({ group }: Row) => keyOf((dimension) => group[dimension]));
          for (const [index, row] of body.data.entries()) {
            expectRow(row, groups.get(shown[index]) ?? []);
            const newest = (groups.get(shown[index]) ?? [])[0] ?? {};
            for (const [field, value] of Object.entries(row.group))
              if (field.endsWith("_name")) expect(value).toBe(newest[field]);
          }
          const others = [...groups].filter(([key]) => !shown.includes(key));
          expect(shown).toHaveLength(Math.min(top, groups.size));
          expect(new Set(shown).size).toBe(shown.length);
          expect(body.rest?.groups ?? 0).toBe(others.length);
          if (body.rest)
            expectRow(
              body.rest,
              others.flatMap(([, of]) => of),
            );
          const inOrder = [
            ...body.data.map((row: Row) => row[order_by]),
            ...others.map(([, of]) => measured(of)[order_by]).sort((a, b) => inOrderOf(a, b, order)),
          ];
          expect(inOrder).toStrictEqual(inOrder.toSorted((a, b) => inOrderOf(a, b, order)));
        }),
        { numRuns: 20 },
      );
    },
    180_000,
  );
});

function inOrderOf(a: any, b: any, order: string): number {
  if (a === b) return 0;
  if (a === null || b === null) return a === null ? 1 : -1;
  return (a < b ? -1 : 1) * (order === "asc" ? 1 : -1);
}

/** One bucket after the other from edge to edge, each on one hour, day, week or month of the zone's clock. */
function expectBuckets(series: { start: string; end: string }[], { from, to, interval, time_zone }: Row): void {
  const clock = new Intl.DateTimeFormat("en-CA", {
    timeZone: time_zone,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  });
  const on = (moment: string, shift = 0) => {
    const part = Object.fromEntries(
      clock.formatToParts(Date.parse(moment) + shift).map(({ type, value }) => [type, value]),
    ) as Record<"year" | "month" | "day" | "hour" | "minute", string>;
    const date = `${part.year}-${part.month}-${part.day}`;
    const week = Math.floor((Date.parse(date) / (24 * hourMs) + 3) / 7);
    return {
      minute: part.minute,
      label: { hour: `${date} ${part.hour}`, day: date, week: String(week), month: `${part.year}-${part.month}` }[
        interval as string
      ],
    };
  };
  expect([series[0]?.start, series.at(-1)?.end]).toStrictEqual([from, to]);
  for (const [index, { start, end }] of series.entries()) {
    expect(on(start).label).toBe(on(end, -1).label);
    if (index > 0) expect(start).toBe(series[index - 1]?.end);
    if (index > 0 && on(start, -1).label === on(start).label)
      expect([interval, on(start).minute]).toStrictEqual(["hour", "00"]);
  }
}
