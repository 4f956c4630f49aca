import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { databases } from "../support/databases.ts";
import { ingestOrFail, startHarness, type Harness, type Tenant } from "../support/harness.ts";
import { pathFor, readAllPages, rest, summaries, trpc } from "../support/http.ts";
import { anyCall, anyChange, callIds, clockChanges } from "../support/random-rows.ts";
import { recordFor } from "../support/record-factory.ts";
import { referenceModel, summarized } from "../support/reference-model.ts";
import { fixedSample } from "../support/seed.ts";
import { summaryCases } from "../support/summary-cases.ts";

type Row = Record<string, any>;
type Summary = (typeof summaries)[number];

const hourMs = 60 * 60 * 1000;
const [ofCalls] = summaries as [Summary];
const reportOf = ({ name }: Summary) => String(name.split(".")[1]);

/** Where rows stand around a change of a clock: on hours and halves, and a millisecond before them. */
const hoursAround = [-25, -24, -23, -2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2, 23, 24, 25];

/** For each rate the changes that make a row count in it, and those that make it one of the others it is a share of. */
const rates: Record<string, Record<string, { counted: Row; other: Row }>> = {
  callLogs: { conversion_rate: { counted: { converted: true }, other: { converted: false, call_converted_at: null } } },
  inboundRtb: {
    allocation_rate: { counted: { outcome: "allocated" }, other: { outcome: "no_routes" } },
    conversion_rate: {
      counted: { outcome: "allocated", call_log_id: "converted" },
      other: { outcome: "allocated", call_log_id: null },
    },
  },
  outboundRtb: {
    bid_rate: { counted: { outcome: "lost", bid_amount: 99 }, other: { outcome: "no_bid", bid_amount: null } },
    win_rate: { counted: { outcome: "won", bid_amount: 99 }, other: { outcome: "lost", bid_amount: 99 } },
    timeout_rate: { counted: { outcome: "timeout" }, other: { outcome: "error" } },
    conversion_rate: {
      counted: { outcome: "won", bid_amount: 99, call_log_id: "converted" },
      // Of another auction than the counted one's, whose call would be its own.
      other: { outcome: "won", bid_amount: 99, call_log_id: null, auction_id: "no_call", inbound_request_id: null },
    },
  },
  incomingWebhooks: { success_rate: { counted: { outcome: "queued" }, other: { outcome: "error" } } },
  outgoingWebhooks: {
    success_rate: { counted: { status: "delivered" }, other: { status: "failed", delivered_at: null } },
  },
};

describe.each(databases)("on $name", ({ create }) => {
  let api: Harness;
  beforeAll(async () => void (api = await startHarness(create)));
  afterAll(() => api[Symbol.asyncDispose]());

  const listed = (tenant: Tenant, { list }: Summary, input: Row) =>
    readAllPages(api, tenant.key, list, { ...input, limit: 1000 });

  /** All calls of a tenant, behind the requests of other summaries. */
  const callsOf = (tenant: Tenant) => listed(tenant, ofCalls, { from: "2025-01-01", to: "2028-01-01" });

  async function ask(tenant: Tenant, { contract }: Summary, asked: Row): Promise<Row> {
    const { status, body } = await rest(api, tenant.key, pathFor(contract, asked));
    expect(status, JSON.stringify(body)).toBe(200);
    return body;
  }

  test.each(summaries)(
    "$name says what a walk of the list adds up to: in all, by group, the rest, and in every bucket",
    async (summary) => {
      const { name, contract, list } = summary;
      const report = reportOf(summary);
      expect(Object.keys(referenceModel[report] ?? {}).toSorted()).toStrictEqual(
        Object.keys(contract.measures).toSorted(),
      );
      await fc.assert(
        fc.asyncProperty(summaryCases(summary), async ({ records, window, filters, group_by, interval, asked }) => {
          const tenant = await api.tenant();
          await ingestOrFail(tenant, records);
          const { time_zone, order_by, order, top } = asked;
          const { applied, ...body } = await ask(tenant, summary, asked);
          expect((await trpc(api, tenant.key, name, asked)).body).toStrictEqual({ ...body, applied });
          expect(applied).toStrictEqual({
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
          const matching = await readAllPages(api, tenant.key, list, { ...window, limit: 15 });
          const { from, to } = window;
          const all = await listed(tenant, summary, { from, to });
          const calls = report === "callLogs" ? [] : await callsOf(tenant);
          expect(body).toStrictEqual(summarized({ report, at: list.at, matching, window: all, calls, asked }));
        }),
        { numRuns: 8 },
      );
    },
    180_000,
  );

  describe.each(summaries)("$name", (summary) => {
    const { contract, list } = summary;
    const report = reportOf(summary);
    const dimensions = Object.keys(contract.dimensions);
    const measures = Object.keys(contract.measures);
    const change = Date.parse("2026-03-08T07:00:00Z");
    const window = { from: "2026-02-27T00:00:00.000Z", to: "2026-03-13T12:00:00.000Z", time_zone: "UTC" };
    let tenant: Tenant;
    let rows: Row[];
    let calls: Row[];
    beforeAll(async () => {
      tenant = await api.tenant();
      const changes = fixedSample(anyChange[report]!, 60);
      const at = fixedSample(fc.oneof(fc.integer({ min: -96, max: 96 }), fc.constantFrom(-1, 0, 1)), 60);
      await ingestOrFail(
        tenant,
        changes.map((each, index) => recordFor(list, `row_${index}`, change + at[index]! * hourMs, each)),
      );
      if (report !== "callLogs") {
        const some = fixedSample(anyCall, callIds.length - 1);
        await ingestOrFail(
          tenant,
          some.map((call, index) => recordFor(ofCalls.list, callIds[index]!, change, call)),
        );
      }
      rows = await listed(tenant, summary, { from: window.from, to: window.to });
      calls = report === "callLogs" ? [] : await callsOf(tenant);
    });

    const expectSummarized = async (question: Row) => {
      const asked = { ...window, order_by: measures[0]!, order: "desc", top: 100, ...question };
      const { applied: _, ...body } = await ask(tenant, summary, asked);
      const inside = rows.filter((row) => row[list.at] >= asked.from && row[list.at] < asked.to);
      const expected = summarized({ report, at: list.at, matching: inside, window: inside, calls, asked });
      expect(body, JSON.stringify(question)).toStrictEqual(expected);
      return expected;
    };

    test("orders the groups of one, two and three dimensions by any measure, equals by their values", async () => {
      for (const [index, dimension] of dimensions.entries()) {
        const [second, third] = [1, 4].map((step) => dimensions[(index + step) % dimensions.length]!);
        for (const [turn, group_by] of [[dimension], [second, dimension], [third, dimension, second]].entries())
          await expectSummarized({
            group_by,
            order: (index + turn) % 2 === 0 ? "asc" : "desc",
            order_by: measures[(3 * index + turn) % measures.length],
          });
      }
    });

    test("orders groups by each measure in both orders, those without it last", async () => {
      for (const [index, order_by] of measures.entries())
        for (const order of ["asc", "desc"])
          await expectSummarized({ group_by: [dimensions[index % 4]], order_by, order, top: 1 + (index % 4) });
    });

    test("shows the first groups and counts the others, also when just one or none is left", async () => {
      expect(rows).toHaveLength(60);
      const group_by = ["campaign_id", "publisher_id"];
      const groups = (await expectSummarized({ group_by })).data.length;
      expect(groups).toBeGreaterThan(3);
      for (const top of [1, groups - 1, groups, groups + 1, 1000]) {
        const { data, rest: others } = await expectSummarized({ group_by, top });
        expect([data.length, others?.["groups"]]).toStrictEqual([
          Math.min(top, groups),
          top < groups ? groups - top : undefined,
        ]);
      }
    });

    test("cuts hours, days, weeks and months where clocks change, for all, each group and the rest", async () => {
      for (const [turn, [time_zone, moment]] of clockChanges.entries()) {
        const own = await api.tenant();
        const at = Date.parse(moment);
        const written = hoursAround.flatMap((hours) => [at + hours * hourMs - 1, at + hours * hourMs]);
        await ingestOrFail(
          own,
          written.map((place, index) => recordFor(list, `row_${index}`, place, { campaign_id: `camp_${index % 3}` })),
        );
        for (const [place, interval] of ["hour", "day", "week", "month"].entries()) {
          // Every clock and interval of calls, which have roll-ups; of the others every second, each in turn.
          if (report !== "callLogs" && (turn + place + summaries.indexOf(summary)) % 2 === 0) continue;
          const hours = interval === "hour" ? 25.5 : 20.5 * 24;
          const asked = {
            from: new Date(at - hours * hourMs + 1).toISOString(),
            to: new Date(at + hours * hourMs).toISOString(),
            time_zone,
            interval,
            order: "desc",
            order_by: measures[0]!,
            top: 2,
            ...((turn + (place >> 1)) % 2 === 0 && { group_by: ["campaign_id"] }),
          };
          const all = await listed(own, summary, { from: asked.from, to: asked.to });
          expect(all).toHaveLength(written.length);
          const { applied: _, ...body } = await ask(own, summary, asked);
          const question = { report, at: list.at, matching: all, window: all, calls: [], asked };
          expect(body, `${time_zone} ${interval}`).toStrictEqual(summarized(question));
        }
      }
    });

    test("names an id as its newest row in the window does, of one time the row with the greater id", async () => {
      const own = await api.tenant();
      const row = (id: string, at: number, [campaign_id, campaign_name, publisher_id]: (string | null)[]) =>
        recordFor(list, id, change + at, { campaign_id, campaign_name, publisher_id: publisher_id ?? null });
      await ingestOrFail(own, [
        row("before", -1, ["camp_b", "Before"]),
        row("a", 0, ["camp_b", "Old", "pub_a"]),
        row("z", 5, ["camp_b", "Newest"]),
        row("b", 5, ["camp_b", "New"]),
        row("c", 4, ["camp_b", "Newer"]),
        row("d", 1, ["camp_a", "Newest", "pub_a"]),
        row("e", 6, [null, "Nobody", "pub_a"]),
        row("later", 10, ["camp_b", "Later"]),
      ]);
      const asked = { from: new Date(change).toISOString(), to: new Date(change + 10).toISOString() };
      for (const filter of [{}, { publisher_id: ["pub_a"] }]) {
        const { data } = await ask(own, summary, { ...asked, ...filter, group_by: ["campaign_id"], order: "asc" });
        const groups = data.map(({ group }: Row) => [group["campaign_id"], group["campaign_name"]]);
        expect(groups.toSorted()).toStrictEqual([
          [null, null],
          ["camp_a", "Newest"],
          ["camp_b", "Newest"],
        ]);
      }
    });

    test("takes percentiles by nearest rank, also of one value and of equal ones", async () => {
      const column = {
        outboundRtb: "response_time_ms",
        incomingWebhooks: "processing_time_ms",
        outgoingWebhooks: "response_time_ms",
      }[report];
      expect(measures.some((name) => name.endsWith("_p50"))).toBe(column !== undefined);
      if (column === undefined) return;
      const upTo = (most: number) => Array.from({ length: most }, (_, index) => index + 1);
      const examples: [values: (number | null)[], p50: number | null, p95: number | null, p99: number | null][] = [
        [[5], 5, 5, 5],
        [[9, 1], 1, 9, 9],
        [[8, 7, 7, 7], 7, 8, 8],
        [[0, null, 2147483647, null, 0], 0, 2147483647, 2147483647],
        [upTo(19).toReversed(), 10, 19, 19],
        [upTo(20), 10, 19, 20],
        [upTo(100), 50, 95, 99],
        [upTo(101), 51, 96, 100],
        [[null], null, null, null],
      ];
      const own = await api.tenant();
      for (const [place, [values, ...expected]] of examples.entries()) {
        const at = change + place * 24 * hourMs;
        await ingestOrFail(
          own,
          values.map((value, index) => recordFor(list, `row_${place}_${index}`, at + index, { [column]: value })),
        );
        const { totals } = await ask(own, summary, {
          from: new Date(at).toISOString(),
          to: new Date(at + hourMs).toISOString(),
        });
        expect(
          [50, 95, 99].map((percent) => totals[`${column}_p${percent}`]),
          JSON.stringify(values),
        ).toStrictEqual(expected);
      }
    });

    test("rounds averages to six decimals of money and to three of others, a half up", async () => {
      const own = await api.tenant();
      const at = new Date(change).toISOString();
      // The sixteenth of 1 ends in a half at the fourth decimal, and the half of a micro-dollar at the seventh.
      const columns: Record<string, [column: string, sixteenth: number, avg: string]> = {
        callLogs: ["billable_seconds", 0.063, "billable_seconds_avg"],
        inboundRtb: ["best_payout", 0, "best_payout_avg"],
        outboundRtb: ["response_time_ms", 0.063, "response_time_ms_avg"],
        incomingWebhooks: ["processing_time_ms", 0.063, "processing_time_ms_avg"],
        outgoingWebhooks: ["attempt_count", 0.063, "attempts_per_delivery"],
      };
      const [column, expected, average] = columns[report]!;
      const money = { inboundRtb: "best_payout", outboundRtb: "bid_amount" }[report];
      const one = report === "inboundRtb" ? 0 : 1;
      await ingestOrFail(
        own,
        Array.from({ length: 16 }, (_, index) =>
          recordFor(list, `row_${index}`, change, {
            [column]: index === 0 ? one : 0,
            ...(money && { [money]: index < 2 ? [0.000001, 0][index] : null }),
            ...(report === "outboundRtb" && { outcome: "lost", minimum_bid: null }),
          }),
        ),
      );
      const { totals } = await ask(own, summary, { from: at, to: new Date(change + 1).toISOString() });
      if (report !== "inboundRtb") expect(totals[average]).toBe(expected);
      if (money) expect(totals[`${money}_avg`]).toBe(0.000001);
    });

    test("rounds rates to six decimals, a half up", async () => {
      const own = await api.tenant();
      await ingestOrFail(own, [recordFor(ofCalls.list, "converted", change - 900 * hourMs, { converted: true })]);
      expect(Object.keys(rates[report]!)).toStrictEqual(measures.filter((name) => name.endsWith("_rate")));
      for (const [place, [rate, { counted, other }]] of Object.entries(rates[report]!).entries()) {
        // Of 128 the halves at the seventh decimal: 1/128 = 0.0078125, 5/128 = 0.0390625.
        for (const [turn, [hits, expected]] of (
          [
            [1, 0.007813],
            [3, 0.023438],
            [5, 0.039063],
            [127, 0.992188],
          ] as const
        ).entries()) {
          const at = change + (4 * place + turn) * 24 * hourMs;
          const written = Array.from({ length: 128 }, (_, index) =>
            recordFor(list, `${rate}_${hits}_${index}`, at + index, index < hits ? counted : other),
          );
          await ingestOrFail(own, written);
          const asked = { from: new Date(at).toISOString(), to: new Date(at + 24 * hourMs).toISOString() };
          expect((await ask(own, summary, asked))["totals"][rate], `${rate} of ${hits} in 128`).toBe(expected);
        }
      }
    });
  });
});
