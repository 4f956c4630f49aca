import { exportHeaders, moneyColumns, reportExports, type Export, type Measure } from "@moja/contracts";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { databases } from "../support/databases.ts";
import { download, readCsv, readNdjson } from "../support/download.ts";
import { ingestOrFail, startHarness, type Harness } from "../support/harness.ts";
import { pathFor, readAllPages, rest, summaries } from "../support/http.ts";
import { propertyRuns, timeoutFor } from "../support/property-runs.ts";
import { clocks } from "../support/random-rows.ts";
import { recordFor } from "../support/record-factory.ts";
import { summaryCases } from "../support/summary-cases.ts";

type Row = Record<string, any>;

const dayMs = 24 * 60 * 60 * 1000;

/** How many rows there are, and what their money comes to in micro-dollars. */
type Account = { rows: number } & Record<string, number | bigint>;

/** Dollars in micro-dollars, of which no view shows a part. */
function micros(usd: unknown): bigint {
  const whole = Math.round(Number(usd) * 1e6);
  expect(whole / 1e6).toBe(Number(usd));
  return BigInt(whole);
}

/** An account of rows, added up. */
function added(rows: Row[], money: string[]): Account {
  const sum = (column: string) => rows.reduce((total, row) => total + micros(row[column] ?? 0), 0n);
  return { rows: rows.length, ...Object.fromEntries(money.map((column) => [column, sum(column)])) };
}

/** An account of control totals. */
function stated({ rows, ...sums }: Row, money: string[]): Account {
  expect(Object.keys(sums)).toStrictEqual(money);
  return { rows, ...Object.fromEntries(money.map((column) => [column, micros(sums[column])])) };
}

/** The rows of a CSV file, each with its cells by their columns. */
function readRows(bytes: Buffer, { row: { shape } }: Export): Row[] {
  const { titles, cells } = readCsv(bytes);
  const places = Object.keys(shape).map((column) => [column, titles.indexOf(shape[column].meta().title)] as const);
  return cells.map((line) => Object.fromEntries(places.map(([column, place]) => [column, line[place]])));
}

/** The measures of a summary that count all rows and sum a money column of all rows, by what they are in an account. */
function measuresOfAll(measures: Record<string, Measure>, money: string[]): Record<string, string> {
  const named = (is: (making: Measure["aggregation"]) => boolean) =>
    Object.keys(measures).find((name) => is(measures[name]!.aggregation));
  const sums = money.map(
    (column) =>
      [
        column,
        named((making) => "sum" in making && making.sum === column && Object.keys(making.where).length === 0),
      ] as const,
  );
  const count = named((making) => "count" in making && Object.keys(making.count).length === 0);
  return Object.fromEntries(
    [["rows", count], ...sums].filter((each): each is [string, string] => each[1] !== undefined),
  );
}

/** An account of a summary's rows or buckets, as far as its measures tell. */
function measured(parts: Row[], { rows: count, ...sums }: Record<string, string>): Account {
  const sum = (measure: string) => parts.reduce((total, part) => total + micros(part[measure]), 0n);
  return {
    rows: parts.reduce((total, part) => total + part[count as string], 0),
    ...Object.fromEntries(Object.entries(sums).map(([column, measure]) => [column, sum(measure)])),
  };
}

describe.each(databases)("on $name", ({ create }) => {
  let api: Harness;
  beforeAll(async () => void (api = await startHarness(create)));
  afterAll(() => api[Symbol.asyncDispose]());

  test.each(summaries)(
    "$name, its list, the list's totals and its exports tell the same number of rows and the same money, to the micro-dollar",
    async (summary) => {
      const { name, contract, list } = summary;
      const exported = reportExports[String(name.split(".")[1])]!;
      const money = moneyColumns(list.row.shape);
      const measures = measuresOfAll(contract.measures, money);
      expect(Object.keys(measures)).toStrictEqual(
        expect.arrayContaining([
          "rows",
          ...(name === "summaries.callLogs" ? ["revenue_paid_out", "publisher_paid_out", "cost", "profit"] : []),
        ]),
      );
      let [asked, told, paid, cut] = [0, 0, 0, 0];

      await fc.assert(
        fc.asyncProperty(summaryCases(summary), async ({ records, window, interval, asked: question }) => {
          const tenant = await api.tenant();
          await ingestOrFail(tenant, records);
          const { order } = question;
          const whole = added(await readAllPages(api, tenant.key, list, { ...window, order, limit: 15 }), money);

          const { body: page } = await rest(
            api,
            tenant.key,
            pathFor(list, { ...window, order, limit: 1, totals: "true" }),
          );
          expect(stated(page.totals, money), "the list's totals").toStrictEqual(whole);

          for (const format of ["csv", "ndjson"]) {
            const { status, headers, rows, complete, bytes } = await download(
              api,
              tenant.key,
              pathFor(exported, { ...window, order, format, totals: "true" }),
            );
            expect([status, complete, rows], format).toStrictEqual([200, true, String(whole.rows)]);
            expect(
              stated(JSON.parse(String(headers[exportHeaders.totals.toLowerCase()])), money),
              `the ${format}'s totals`,
            ).toStrictEqual(whole);
            expect(
              added(format === "csv" ? readRows(bytes, exported) : readNdjson(bytes), money),
              `the ${format}'s rows`,
            ).toStrictEqual(whole);
          }

          const { status, body } = await rest(api, tenant.key, pathFor(contract, question));
          expect(status, JSON.stringify(body)).toBe(200);
          const known = Object.fromEntries(Object.keys(measures).map((column) => [column, whole[column]]));
          const shown: Row[] = [...body.data, ...(body.rest ? [body.rest] : [])];
          expect(measured([body.totals], measures), "the summary's totals").toStrictEqual(known);
          expect(measured(shown, measures), "its rows and the rest").toStrictEqual(known);
          if (interval)
            expect(
              measured(
                shown.flatMap(({ series }) => series),
                measures,
              ),
              "its buckets",
            ).toStrictEqual(known);

          asked++;
          if (whole.rows > 0) told++;
          if (money.some((column) => whole[column] !== 0n)) paid++;
          if (shown.some(({ series }) => series?.length > 1)) cut++;
        }),
        propertyRuns(20),
      );
      // Far below what is usual (3 of 4, and half), so that no seed fails by chance.
      expect(told / asked, "the share of stories with rows").toBeGreaterThan(0.2);
      expect(cut, "stories in several buckets").toBeGreaterThan(0);
      if (money.length > 0) expect(paid / asked, "the share of stories with money").toBeGreaterThan(0.2);
    },
    timeoutFor(20),
  );

  test.each(summaries)(
    "$name, its list and its exports take the same dates for the same window, on any clock",
    async ({ name, contract, list }) => {
      const exported = reportExports[String(name.split(".")[1])]!;
      await fc.assert(
        fc.asyncProperty(clocks, async ([time_zone, change]) => {
          const tenant = await api.tenant();
          const day = (days: number) => new Date(Date.parse(change) + days * dayMs).toISOString().slice(0, 10);
          const asked = { from: day(-1), to: day(1), updated_since: day(-9), time_zone };
          const { applied } = (await rest(api, tenant.key, pathFor(contract, asked))).body;
          const ends = [applied.from, applied.to].map((moment) => Date.parse(moment));
          expect(
            ends.map((end) =>
              new Intl.DateTimeFormat("sv", { timeZone: time_zone, dateStyle: "short", timeStyle: "medium" }).format(
                end,
              ),
            ),
          ).toStrictEqual([`${asked.from} 00:00:00`, `${asked.to} 00:00:00`]);

          await ingestOrFail(
            tenant,
            ends
              .flatMap((end) => [end - 1, end])
              .map((at, index) =>
                recordFor(list, `row_${index}`, at, {
                  updated_at: new Date(
                    Date.parse(applied.filters.updated_since) + (index === 1 ? -1 : 0),
                  ).toISOString(),
                }),
              ),
          );
          const page = (await rest(api, tenant.key, pathFor(list, { ...asked, limit: 1, totals: "true" }))).body;
          expect(page.applied).toMatchObject({ from: applied.from, to: applied.to, filters: applied.filters });
          const counted = (await rest(api, tenant.key, pathFor(contract, asked))).body.totals[
            Object.keys(contract.measures)[0]!
          ];
          const file = await download(api, tenant.key, pathFor(exported, { ...asked, format: "ndjson" }));
          expect([page.totals.rows, counted, readNdjson(file.bytes).map((row) => row[list.id])]).toStrictEqual([
            1,
            1,
            ["row_2"],
          ]);
        }),
        propertyRuns(10),
      );
    },
    timeoutFor(10),
  );
});
