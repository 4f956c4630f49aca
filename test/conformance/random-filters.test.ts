import type { Filter } from "@moja/contracts";
import { matchingRows } from "@moja/contracts/testing";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { databases } from "../support/databases.ts";
import { baseTime, ingestGeneratedRows, options, type List, type Row } from "../support/generated-rows.ts";
import { startHarness, type Harness, type Tenant } from "../support/harness.ts";
import { lists, pathFor, rest, trpc, type HttpResult } from "../support/http.ts";
import { propertyRuns, timeoutFor } from "../support/property-runs.ts";

type Input = Record<string, unknown>;
const rowsOfEach = 60;
const everything = { from: "2026-05-01", to: "2026-05-09", limit: 1000 };

/** A moment as callers write it: in UTC, with an offset, or as a date. */
const spelled = (at: number) =>
  fc.constantFrom(
    new Date(at).toISOString(),
    new Date(at + 7_200_000).toISOString().replace("Z", "+02:00"),
    new Date(at).toISOString().slice(0, 10),
  );
const near = (at: number) => fc.integer({ min: -1, max: 1 }).chain((ms) => spelled(at + ms));

type Given = { list: List; name: string; filter: Filter; own: unknown; known: unknown[] };

/** One to three values that a filter takes, of which one is of the first where it can be. */
function several({ filter: { input } }: Given, first: unknown[], others: unknown[]): fc.Arbitrary<unknown> {
  const valid = (value: unknown) => input.safeParse([value]).success;
  const [near, far] = [first.filter(valid), [...first, ...others].filter(valid)];
  return fc
    .tuple(fc.constantFrom(...(near.length > 0 ? near : far)), fc.array(fc.constantFrom(...far), { maxLength: 2 }))
    .chain(([one, more]) => fc.constantFrom([one, ...more], [...more, one]));
}

const range = ({ name, filter: { input }, own }: Given): fc.Arbitrary<unknown> => {
  if (name === "updated_since") return near(Date.parse(String(own)));
  const number = Number(own ?? 1);
  return fc.constantFrom(
    ...[number, number + 1, number - 1, number + 0.000001, Math.round((number - 0.000001) * 1e6) / 1e6, 0].filter(
      (value) => input.safeParse(value).success,
    ),
  );
};

/** For each kind of filter: values of a row (`own`), of other rows, and near misses. */
const valuesFor: Record<Filter["operator"], (given: Given) => fc.Arbitrary<unknown>> = {
  any_of: (given) => {
    const {
      list,
      filter: { column },
      own,
      known,
    } = given;
    const codes = (value: unknown) => (column === "reason" ? (value as { code: number }).code : value);
    const misses = known
      .map(codes)
      .flatMap((value): unknown[] =>
        typeof value === "number" ? [value + 1] : [`${String(value)}x`, String(value).toLowerCase()],
      );
    return several(given, own === null ? [] : [codes(own)], [
      ...known.map(codes),
      ...misses,
      ...options(list.row.shape[column as never]),
    ]);
  },
  at_least: range,
  at_most: range,
  yes_or_no: ({ own }) => fc.constantFrom(own === true ? "yes" : "no", "yes", "no"),
  status_class: (given) => several(given, [`${String(given.own)[0]}xx`], ["1xx", "2xx", "4xx", "5xx"]),
  reason_class: (given) =>
    several(given, given.own === null ? [] : [(given.own as { class: string }).class], ["rejected", "lost", "error"]),
  tag: (given) => {
    const tags = Object.entries(given.own as Record<string, string>).flatMap(([key, value]) => [
      key,
      ...(value === "" ? [] : [`${key}:${value}`]),
    ]);
    return several(given, tags, [
      "quality",
      "quality:reviewed",
      "quality:a:b",
      "quality:a",
      "source",
      "qualit",
      "Quality",
      "quality:Reviewed",
    ]);
  },
};

function valuesOf(list: List, name: string, row: Row, rows: Row[]): fc.Arbitrary<unknown> {
  const filter = list.filters[name as never] as Filter;
  const known = rows.map((each) => each[filter.column]).filter((value) => value !== null);
  return valuesFor[filter.operator]({ list, name, filter, own: row[filter.column] ?? known[0] ?? null, known });
}

/** Any valid question to a list, leaning on one of its rows so that it often matches something. */
function questions(list: List, rows: Row[]): fc.Arbitrary<Input> {
  const filters = list.filters as Record<string, Filter>;
  return fc
    .tuple(
      fc.constantFrom(...rows),
      fc.oneof(
        fc.subarray(Object.keys(filters), { minLength: 1, maxLength: 2 }),
        fc.subarray(Object.keys(filters), { maxLength: Math.min(5, Object.keys(filters).length) }),
      ),
    )
    .chain(([row, names]) => {
      const at = Date.parse(String(row[list.at]));
      const given = fc.record(Object.fromEntries(names.map((name) => [name, valuesOf(list, name, row, rows)])));
      const window = fc.record(
        {
          from: fc.oneof(fc.constant("2026-05-01"), near(at), spelled(baseTime)),
          to: fc.oneof(fc.constant("2026-05-09"), near(at), spelled(baseTime + 7_200_000)),
          order: fc.constantFrom("desc", "asc"),
          limit: fc.constantFrom(1, 2, 3, 7, 59, 60, 61, 1000),
        },
        { requiredKeys: ["from", "to"] },
      );
      return fc
        .tuple(
          given,
          window.filter(({ from, to }) => Date.parse(from) < Date.parse(to)),
        )
        .map(([some, rest]) => ({ ...some, ...rest }));
    });
}

/** One way to make any question invalid, and the code that refuses it. */
function spoil(list: List): fc.Arbitrary<{ change: Input; code: string }> {
  const filters = Object.entries(list.filters as Record<string, Filter>);
  const wrong = filters.flatMap(([name, { input, operator: how }]) => {
    const takesOne = how === "at_least" || how === "at_most" || how === "yes_or_no";
    const values: unknown[] = takesOne
      ? ["maybe", "1e3", "0x10", "2026-02-30", "NaN", -1, 1.5, 1e12, "1 "]
      : [["a".repeat(129)], ["\u0000"], Array.from({ length: 101 }, () => "1")];
    return values.filter((value) => !input.safeParse(value).success).map((value) => ({ [name]: value }));
  });
  const invalid: Input[] = [
    ...wrong,
    ...[0, 1001, -1, 1.5, "ten", "1e1"].map((limit) => ({ limit })),
    { order: "up" },
    { order: "DESC" },
    ...["yesterday", "2026-13-01", "2026-05-04T12:00", "1777896000000"].flatMap((at) => [{ from: at }, { to: at }]),
    { from: "2026-05-09", to: "2026-05-09" },
    { statuss: ["completed"] },
    { Limit: 1 },
    { constructor: "1" },
  ];
  const cursors = ["x", "bnVsbA", "W10", "a".repeat(1000), "e30"].map((cursor) => ({
    change: { cursor },
    code: "invalid_cursor",
  }));
  return fc.constantFrom(...invalid.map((change) => ({ change, code: "invalid_request" })), ...cursors);
}

/** What both transports must agree on: the words may differ where JSON knows types that a query string does not. */
const refusal = ({ body }: HttpResult): { code: string; paths: string[] } => ({
  code: body.code,
  paths: (body.issues ?? []).map(({ path }: { path: string }) => path.split(".")[0]).toSorted(),
});

describe.each(databases)("on $name", ({ create }) => {
  let api: Harness;
  let tenant: Tenant;
  beforeAll(async () => {
    api = await startHarness(create);
    tenant = await api.tenant();
    for (const { contract } of lists) await ingestGeneratedRows(tenant, contract, rowsOfEach);
  });
  afterAll(() => api[Symbol.asyncDispose]());

  const askBoth = async (
    name: string,
    contract: List,
    input: Input,
    path = pathFor(contract, input),
  ): Promise<HttpResult> => {
    const overRest = await rest(api, tenant.key, path);
    const overTrpc = await trpc(api, tenant.key, name, input);
    expect(overTrpc.status).toBe(overRest.status);
    if (overRest.status === 200) expect(overTrpc.body).toStrictEqual(overRest.body);
    else expect(refusal(overTrpc)).toStrictEqual(refusal(overRest));
    return overRest;
  };

  test.each(lists)(
    "$name answers any valid question with the rows that it means, on both transports, page by page",
    async ({ name, contract }) => {
      const rows = (await rest(api, tenant.key, pathFor(contract, everything))).body.data as Row[];
      expect(rows).toHaveLength(rowsOfEach);
      let [asked, answered] = [0, 0];
      const answersRight = fc.asyncProperty(questions(contract, rows), async (input) => {
        const window = { from: Date.parse(String(input["from"])), to: Date.parse(String(input["to"])) };
        const meant = matchingRows(contract, rows, { input: contract.input.parse(input), window });
        const seen: Row[] = [];
        // Over REST as the header `Link` leads, over tRPC by the cursor.
        for (
          let [more, cursor, path] = [true, undefined as string | undefined, undefined as string | undefined];
          more;
          more = cursor !== undefined
        ) {
          const { status, headers, body }: HttpResult = await askBoth(
            name,
            contract,
            { ...input, ...(cursor !== undefined && { cursor }) },
            path,
          );
          expect(status, JSON.stringify(body)).toBe(200);
          seen.push(...body.data);
          cursor = body.next_cursor ?? undefined;
          path = /^<(.+)>; rel="next"$/.exec(headers.get("link") ?? "")?.[1];
          expect(path !== undefined, "a link where there is a cursor").toBe(cursor !== undefined);
        }
        expect(seen).toStrictEqual(meant);
        asked++;
        if (meant.length > 0) answered++;
      });
      await fc.assert(answersRight, propertyRuns(20));
      expect(answered / asked, "the share of questions that match something").toBeGreaterThan(0.4);
    },
    timeoutFor(20),
  );

  test.each(lists)(
    "$name refuses any invalid question with the same code on both transports",
    async ({ name, contract }) => {
      const rows = (await rest(api, tenant.key, pathFor(contract, everything))).body.data as Row[];
      const refuses = fc.asyncProperty(questions(contract, rows), spoil(contract), async (input, { change, code }) => {
        const answered = await askBoth(name, contract, { ...input, ...change });
        expect([answered.status, refusal(answered).code]).toStrictEqual([400, code]);
        expect(Object.keys(change)).toEqual(expect.arrayContaining(refusal(answered).paths));
      });
      await fc.assert(refuses, propertyRuns(20));
    },
    timeoutFor(20),
  );
});
