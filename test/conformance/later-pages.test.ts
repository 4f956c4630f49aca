import { exportHeaders, moneyColumns, type Filter } from "@moja/contracts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { databases } from "../support/databases.ts";
import { download, exportOperations, readCsvLines, readNdjson } from "../support/download.ts";
import { ingestOrFail, startHarness, type Harness, type Tenant } from "../support/harness.ts";
import { lists, pathFor, rest, trpc, type HttpResult } from "../support/http.ts";
import { recordFor } from "../support/record-factory.ts";

type List = (typeof lists)[number]["contract"];
type Input = Record<string, unknown>;
type Window = { from: number; to: number };
type Order = "asc" | "desc";

/** A row as it was written: the model that answers are compared with. Money is in micro-dollars. */
type Sent = { id: string; at: number; matches: boolean; micros: Record<string, bigint | null> };

/**
 * The money columns of each list that producers write; a call's profit is computed from them. Other lists' are what
 * their contract says.
 */
const moneyWritten: Record<string, string[]> = {
  "callLogs.list": ["cost_per_min", "cost", "revenue_paid_out", "publisher_paid_out"],
  "inboundRtb.list": ["best_payout"],
  "outboundRtb.list": ["bid_amount", "minimum_bid", "winning_bid"],
  "incomingWebhooks.list": [],
  "outgoingWebhooks.list": [],
};

/** What is not added up: a rate, and what all bids of one auction repeat. */
const noSums = new Set(["cost_per_min", "minimum_bid", "winning_bid"]);

/**
 * For each list a filter of its own kind (any other's is by a value that may be missing), what a row must say to
 * match it, and what it says otherwise.
 */
const ownFilter: Record<string, { filter: Input; matching: Input; other: Input }> = {
  "callLogs.list": {
    filter: { tag: ["kind:late"] },
    matching: { tags: { kind: "late" } },
    other: { tags: { kind: "early" } },
  },
  "inboundRtb.list": { filter: { reason_class: ["error"] }, matching: { reason: 105 }, other: { reason: 208 } },
  "outboundRtb.list": { filter: { reason_class: ["lost"] }, matching: { reason: 401 }, other: { reason: 301 } },
  "incomingWebhooks.list": {
    filter: { http_status_class: ["4xx"] },
    matching: { http_status: 499 },
    other: { http_status: 500 },
  },
  "outgoingWebhooks.list": {
    filter: { http_status_class: ["5xx"] },
    matching: { http_status: 500 },
    other: { http_status: 499 },
  },
};

function ownFilterOf(name: string, list: List) {
  return ownFilter[name] ?? nullableFilter(list);
}

/** A filter by a column that may be null, and is not in the example. */
function nullableFilter({ filters, row, example }: List): { filter: Input; matching: Input; other: Input } {
  const [data] = example.output.data as Input[];
  const shape = row.shape as Record<string, { safeParse: (value: unknown) => { success: boolean } }>;
  const [filter, { column }] = Object.entries(filters as Record<string, Filter>).find(
    ([each, { column, operator }]) =>
      operator === "any_of" &&
      each !== "campaign_id" &&
      shape[column]?.safeParse(null).success &&
      data?.[column] !== null,
  )!;
  return { filter: { [filter]: [data?.[column]] }, matching: {}, other: { [column]: null } };
}

const hourMs = 60 * 60 * 1000;
const monthMs = 30 * 24 * hourMs;
const iso = (moment: number) => new Date(moment).toISOString();

/** The 8th of March 2026 on New York's clock, of which it shows 23 hours. */
const day: Window = { from: Date.parse("2026-03-08T05:00:00.000Z"), to: Date.parse("2026-03-09T04:00:00.000Z") };
const dates = { from: "2026-03-08", to: "2026-03-09", time_zone: "America/New_York" };
/** When rows that match the filters changed at the earliest: the first moment of 10 March in New York. */
const since = Date.parse("2026-03-10T04:00:00.000Z");

/** Amounts that a float or a cut would spoil, in micro-dollars. */
const amounts = [1_001_000n, 1_005_000n, 1n, null, 0n, 199_990_001n, 290_000n, 12_550n, 8_190_000n];

/** Where the rows of a window stand: on its edges, many in one millisecond. */
const placesOf = ({ from, to }: Window): number[] => [
  from,
  from,
  from + 1,
  ...Array.from({ length: 6 }, () => from + 5000),
  from + 5001,
  from + hourMs / 2,
  to - 2,
  to - 1,
  to - 1,
];

/** A tenant and what was written for it to one list. */
function writer(name: string, list: List, tenant: Tenant) {
  const sent: Sent[] = [];
  const money = moneyWritten[name] ?? moneyColumns(list.row.shape);
  const own = ownFilterOf(name, list);

  /** Writes rows at these times; every second one matches all filters, each other one misses one of three. */
  async function write(stem: string, times: number[], matching = (index: number) => index % 2 === 0) {
    const written = times.map((at, index) => {
      const missing = matching(index) ? undefined : ["campaign", "change", "own"][(index >> 1) % 3];
      const micros = Object.fromEntries(
        money.map((column, place) => [column, amounts[(index + 2 * place) % amounts.length]!]),
      );
      const id = `${list.path.replaceAll("/", ".")}:${stem}-${index}`;
      sent.push({ id, at, matches: missing === undefined, micros: withProfit(micros) });
      return recordFor(list, id, at, {
        ...Object.fromEntries(
          money.map((column) => [column, micros[column] === null ? null : Number(micros[column]) / 1e6]),
        ),
        ...(name === "outboundRtb.list" && { outcome: "lost" }),
        ...(name === "incomingWebhooks.list" && { outcome: "error" }),
        campaign_id: missing === "campaign" ? "camp_c" : ["camp_a", "camp_b"][index % 2],
        updated_at: iso(missing === "change" ? since - 1 : since + index),
        ...(missing === "own" ? own.other : own.matching),
      });
    });
    await ingestOrFail(tenant, written);
  }

  /** What a window holds, in an order, counted and added up one by one. */
  function held({ from, to }: Window, order: Order, filtered: boolean) {
    const rows = sent.filter((row) => row.at >= from && row.at < to && (row.matches || !filtered));
    rows.sort((a, b) => (a.at - b.at || (a.id < b.id ? -1 : 1)) * (order === "asc" ? 1 : -1));
    const columns = [...money.filter((column) => !noSums.has(column)), ...(name === "callLogs.list" ? ["profit"] : [])];
    const sum = (column: string) => Number(rows.reduce((all, row) => all + (row.micros[column] ?? 0n), 0n)) / 1e6;
    const totals = { rows: rows.length, ...Object.fromEntries(columns.map((column) => [column, sum(column)])) };
    return { rows, ids: rows.map(({ id }) => id), totals };
  }
  return { tenant, sent, write, held };
}
type Writer = ReturnType<typeof writer>;

function withProfit(micros: Record<string, bigint | null>): Record<string, bigint | null> {
  const { revenue_paid_out: revenue, publisher_paid_out: payout, cost } = micros;
  if (revenue === undefined || payout === undefined || cost === undefined) return micros;
  return { ...micros, profit: revenue === null || payout === null || cost === null ? null : revenue - payout - cost };
}

/** The filters as they are asked for and as they are applied. */
function filtersOf(name: string, list: List) {
  const { filter } = ownFilterOf(name, list);
  const asked = {
    campaign_id: ["camp_a", "camp_b"],
    ...filter,
    updated_since: "2026-03-10",
    time_zone: dates.time_zone,
  };
  return { asked, applied: { campaign_id: ["camp_a", "camp_b"], ...filter, updated_since: iso(since) } };
}

/** An hour ago when this file began. */
const recently = Date.now() - hourMs;
const clock = "America/New_York";

/** How a window is asked for, and which ends that gives: left out, it ends now and begins 30 days before. */
type Asked = { says: string; asked: Input; ends: Partial<Window>; rows: Window };
const recent = { from: recently, to: recently + hourMs - 1000 };
const moments: Asked = { says: "moments", asked: { from: iso(day.from), to: iso(day.to) }, ends: day, rows: day };
const windows: Asked[] = [
  moments,
  { says: "dates on a clock", asked: { ...dates, time_zone: clock }, ends: day, rows: day },
  { says: "an end alone", asked: { to: dates.to, time_zone: clock }, ends: { to: day.to }, rows: day },
  { says: "a beginning alone", asked: { from: iso(recently) }, ends: { from: recently }, rows: recent },
  { says: "neither end", asked: {}, ends: {}, rows: recent },
];

/** A walk through pages. 14 rows match without filters and 7 with them, so that some limits divide the count. */
type Walk = { window: Asked; limit: number; order: Order; filtered: boolean };
const orders: Order[] = ["asc", "desc"];
const walks: Walk[] = [
  ...orders.flatMap((order) => [1, 7, 14].map((limit) => ({ window: moments, limit, order, filtered: false }))),
  ...orders.flatMap((order) => [2, 7].map((limit) => ({ window: moments, limit, order, filtered: true }))),
  ...windows.slice(1).flatMap((window) => [
    { window, limit: 3, order: "asc" as const, filtered: window.ends.from === undefined },
    { window, limit: 2, order: "desc" as const, filtered: window.ends.from !== undefined },
  ]),
];

describe.each(databases)("on $name", ({ create }) => {
  let api: Harness;
  beforeAll(async () => void (api = await startHarness(create)));
  afterAll(() => api[Symbol.asyncDispose]());

  /** A tenant whose list holds rows of a window, and some around it. */
  async function filled(name: string, list: List, window: Window) {
    const own = writer(name, list, await api.tenant());
    await own.write("row", placesOf(window));
    await arriveAround(own, window, "before");
    return own;
  }

  /** Rows arrive around a window, none in it; by their times they could be in it, by all else too. */
  const arriveAround = ({ write }: Writer, { from, to }: Window, stem: string) =>
    write(
      `around-${stem}`,
      // Nothing is before all time.
      [from - 1, from - hourMs, to, to + 1, to + hourMs].filter((at) => at > 0),
      () => true,
    );

  /** The same page by the cursor alone, over tRPC, and with all further rows on one page. */
  async function expectSameOtherwise(name: string, list: List, key: string, asked: Page) {
    const { input, how, cursor, body, further } = asked;
    const overTrpc = await trpc(api, key, name, { ...input, cursor });
    expect(overTrpc.body).toStrictEqual(body);
    const { body: last } = await rest(api, key, pathFor(list, { ...how, limit: 1000, cursor }));
    expect(last).toStrictEqual({
      data: expect.anything(),
      next_cursor: null,
      applied: { ...body.applied, limit: 1000 },
      totals: body.totals,
    });
    expect(last.data.map((row: Input) => row[list.id])).toStrictEqual(further);
    expect(last.data.slice(0, body.data.length)).toStrictEqual(body.data);
  }

  test.each(lists.flatMap((list) => windows.map((window) => ({ ...list, window, says: window.says }))))(
    "$name by $says: each page applies what the first did and has its totals, over both transports and by link, " +
      "while rows arrive around the window",
    async ({ name, contract: list, window }) => {
      for (const walk of walks.filter((each) => each.window === window)) await expectPages(name, list, walk);
    },
  );

  async function expectPages(name: string, list: List, { window, limit, order, filtered }: Walk) {
    const own = await filled(name, list, window.rows);
    const filters = filtersOf(name, list);
    const how = { order, totals: "true", ...(filtered && filters.asked) };
    const input = { ...window.asked, ...how, limit };
    const asked = Date.now();
    const first = await rest(api, own.tenant.key, pathFor(list, input));
    const bounds = { from: Date.parse(first.body.applied.from), to: Date.parse(first.body.applied.to) };
    // The filters, among them by the last change, reach over all time.
    expectWindow(filtered ? { from: 0, ...window.ends } : window.ends, bounds, asked);
    const expected = own.held(bounds, order, filtered);
    expect(expected.ids, "rows enough for several pages").not.toHaveLength(0);

    const ids: string[] = [];
    for (let answer = first, cursor: string | null = null; ;) {
      const { status, body } = answer;
      expect(status, JSON.stringify(body)).toBe(200);
      expect(body.applied).toStrictEqual({
        from: iso(bounds.from),
        to: iso(bounds.to),
        limit,
        order,
        filters: filtered ? filters.applied : {},
      });
      expect(body.totals).toStrictEqual(expected.totals);
      const further = expected.ids.slice(ids.length);
      if (cursor !== null && ids.length <= 3 * limit)
        await expectSameOtherwise(name, list, own.tenant.key, { input, how, cursor, body, further });
      expect(body.data.map((row: Input) => row[list.id])).toStrictEqual(further.slice(0, limit));
      ids.push(...further.slice(0, limit));
      cursor = body.next_cursor;
      const link = linkOf(answer);
      expect(link && inputOf(link)).toStrictEqual(
        cursor === null ? undefined : inputOf(pathFor(list, { ...input, cursor })),
      );
      if (link === undefined) break;
      if (ids.length <= 3 * limit) await arriveAround(own, bounds, `${ids.length}`);
      answer = await rest(api, own.tenant.key, link);
    }
    expect(ids).toStrictEqual(expected.ids);
  }

  test.each(lists)(
    "$name: a row that arrives in the window is on a later page when it lies ahead, on none when it lies behind, and " +
      "each page's totals count what the window holds when it is asked for",
    async ({ name, contract: list }) => {
      for (const order of ["asc", "desc"] as const) {
        const own = await filled(name, list, day);
        const input = { from: iso(day.from), to: iso(day.to), order, limit: 4, totals: "true" };
        const [ahead, behind] = order === "asc" ? [day.to - 1, day.from] : [day.from, day.to - 1];
        const seen: string[] = [];
        const arrived: string[] = [];
        for (let cursor: string | undefined, page = 0, more = true; more; page++, more = cursor !== undefined) {
          const { body } = await rest(api, own.tenant.key, pathFor(list, { ...input, ...(cursor && { cursor }) }));
          expect(body.totals).toStrictEqual(own.held(day, order, false).totals);
          seen.push(...body.data.map((row: Input) => row[list.id]));
          cursor = body.next_cursor ?? undefined;
          if (page > 1) continue;
          await own.write(`behind-${page}`, [behind], () => true);
          arrived.push(own.sent.at(-1)!.id);
          await own.write(`ahead-${page}`, [ahead], () => true);
        }
        expect(arrived).toHaveLength(2);
        expect(seen).toStrictEqual(own.held(day, order, false).ids.filter((id) => !arrived.includes(id)));
      }
    },
  );

  test.each(exportOperations)(
    "$name: an export that is resumed anywhere states the same totals and window and sends the rows that were left, " +
      "while rows arrive around the window",
    async ({ name, contract, list }) => {
      for (const [index, window] of windows.entries())
        await expectResumed(name, { contract, list: list as unknown as List }, { window, order: orders[index % 2]! });
    },
  );

  async function expectResumed(
    name: string,
    { contract, list }: { contract: { path: string }; list: List },
    { window, order }: { window: Asked; order: Order },
  ) {
    const filtered = window === moments;
    const own = await filled(name, list, window.rows);
    const how = { order, totals: "true", ...(filtered && filtersOf(name, list).asked), columns: [list.at, list.id] };
    const asked = Date.now();
    const file = async (input: Input) => {
      const answer = await download(api, own.tenant.key, pathFor(contract, input));
      expect([answer.status, answer.complete], answer.bytes.toString().slice(0, 300)).toStrictEqual([200, true]);
      const { [exportHeaders.totals.toLowerCase()]: totals, [exportHeaders.cursor.toLowerCase()]: cursor } =
        answer.headers;
      return { ...answer, totals: JSON.parse(String(totals)), cursor: String(cursor) };
    };
    const whole = await file({ ...window.asked, ...how, format: "ndjson" });
    const to = window.ends.to ?? asked;
    const bounds = { from: window.ends.from ?? to - monthMs, to };
    const expected = own.held(bounds, order, filtered);
    expect(readNdjson(whole.bytes).map((row) => row[list.id])).toStrictEqual(expected.ids);
    expect(whole.totals).toStrictEqual(expected.totals);
    // A moment later than the export was asked for at the latest, so that they arrive after its end.
    await arriveAround(own, { from: bounds.from, to: Math.max(bounds.to, Date.now() + 1) }, "meanwhile");
    const last = expected.rows.length - 1;
    for (const [turn, index] of [-1, 0, Math.floor(last / 2), last - 1, last].entries()) {
      const place = expected.rows[index];
      const format = turn % 2 === 0 ? "csv" : "ndjson";
      const after = place && { after: `${iso(place.at)},${place.id}` };
      const { cursor } = whole;
      const resumed = await file({ ...(turn > 2 && fixed(window)), ...how, format, cursor, ...after });
      const left = expected.ids.slice(index + 1);
      const lines = format === "csv" ? readCsvLines(resumed.bytes) : readNdjson(resumed.bytes).map(Object.values);
      const rows = lines.slice(format === "csv" && after === undefined ? 1 : 0).map(([, id]) => id);
      expect(rows).toStrictEqual(left);
      expect([resumed.rows, resumed.totals, resumed.cursor]).toStrictEqual([
        String(left.length),
        expected.totals,
        cursor,
      ]);
    }
  }
});

/** A page that is asked for in other ways: the input and the part of it that is no window, and what it must answer. */
type Page = { input: Input; how: Input; cursor: string; body: any; further: string[] };

const linkOf = ({ headers }: HttpResult) => /^<(.+)>; rel="next"$/.exec(headers.get("link") ?? "")?.[1];

/** An address's path and parameters, whatever their order. */
function inputOf(address: string) {
  const { pathname, searchParams } = new URL(address, "http://localhost");
  return [
    pathname,
    [...searchParams].flatMap(([name, value]) => value.split(",").map((each) => `${name}=${each}`)).sort(),
  ];
}

/** A window as it can be asked for again: one that ends now does not come back. */
function fixed({ asked, ends }: Asked): Input {
  return ends.to === undefined ? {} : asked;
}

function expectWindow(ends: Partial<Window>, { from, to }: Window, asked: number) {
  if (ends.to !== undefined) expect(to).toBe(ends.to);
  else expect(to >= asked && to <= Date.now()).toBe(true);
  expect(from).toBe(ends.from ?? to - monthMs);
}
