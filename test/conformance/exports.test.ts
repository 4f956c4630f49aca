import { gunzipSync } from "node:zlib";
import { exportHeaders } from "@moja/contracts";
import { createKey } from "@moja/store";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { databases } from "../support/databases.ts";
import {
  cellOf,
  download,
  exportOperations,
  readCsv,
  readNdjson,
  uncured,
  type Downloaded,
} from "../support/download.ts";
import { ingestOrFail, startHarness, type Harness, type Tenant } from "../support/harness.ts";
import { pathFor, readAllPages, rest, trpc } from "../support/http.ts";
import { recordFor } from "../support/record-factory.ts";

type Export = (typeof exportOperations)[number];
type Row = Record<string, unknown>;

const from = "2026-03-01T00:00:00.000Z";
const to = "2026-03-02T00:00:00.000Z";

/** Text that spoils files: formulas, quotes, line ends, other scripts. */
const text = fc.oneof(
  fc.constantFrom(
    "=1+1",
    "@SUM(A1)",
    "\tx",
    "\rx",
    "\nx",
    "+1310",
    "+1310*****",
    "-0.08",
    "-2*3",
    "+5*7",
    "+1.5.2",
    "+cmd|' /C calc'!A0",
    "-2+3",
    "'=1",
    "''",
    "'t Hart",
    'a"b',
    "x,y",
    "x\r\ny",
    " lead ",
    "",
    "Renée ñ 漢",
    "＝1",
  ),
  fc.string({ unit: "grapheme", maxLength: 12 }).filter((each) => each.isWellFormed() && !each.includes("\0")),
);
const usd = fc.option(
  fc.oneof(
    fc.constantFrom(0, 0.000001, 0.000005, 0.1, 1_000_000),
    fc.nat(100_000_000_000).map((micros) => micros / 1e6),
  ),
);

/** The names in a list's rows: free text, as far as the list has these. */
const namesOf = ({ row }: Export["list"]) => ["campaign_name", "publisher_name"].filter((name) => name in row.shape);

/** Rows of a list with any names, money and moments. */
function rowsOf({ list, money }: Export) {
  const names = namesOf(list).map((name) => [name, fc.option(text)] as const);
  const sums = money.filter((name) => name !== "profit").map((name) => [name, usd] as const);
  return fc
    .array(
      fc.record({
        at: fc.integer({ min: Date.parse(from), max: Date.parse(to) - 1 }),
        change: fc.record(Object.fromEntries([...names, ...sums])),
      }),
      { minLength: 1, maxLength: 8 },
    )
    .map((rows) =>
      rows.map(({ at, change }, index) => recordFor(list as never, `${index % 2 ? "-" : ""}row-${index}`, at, change)),
    );
}

/** The sums of rows, added up in whole micro-dollars. */
function totalsOf(money: string[], rows: Row[]) {
  const sum = (name: string) =>
    Number(rows.reduce((total, row) => total + BigInt(Math.round(Number(row[name] ?? 0) * 1e6)), 0n)) / 1e6;
  return { rows: rows.length, ...Object.fromEntries(money.map((name) => [name, sum(name)])) };
}

describe.each(databases)("on $name", ({ create }) => {
  let api: Harness;
  let many: Tenant;
  const count = 1101;
  beforeAll(async () => {
    api = await startHarness(create);
    many = await api.tenant();
    for (const { list } of exportOperations)
      await ingestOrFail(
        many,
        Array.from({ length: count }, (_, index) =>
          recordFor(list as never, `${list.path.replaceAll("/", ".")}:${index}`, Date.parse(from) + (index % 400)),
        ),
      );
  });
  afterAll(() => api[Symbol.asyncDispose]());

  const walk = ({ list }: Export, key: string, input: Row = {}) =>
    readAllPages(api, key, list, { from, to, limit: 1000, ...input });

  async function file({ contract }: Export, key: string, input: Row): Promise<Downloaded> {
    const answer = await download(api, key, pathFor(contract, { from, to, ...input }));
    expect([answer.status, answer.complete], answer.bytes.toString().slice(0, 500)).toStrictEqual([200, true]);
    return answer;
  }

  test.each(exportOperations)(
    "$name: any rows are the same in the list, as NDJSON and as CSV, in any columns, and its totals are their sums",
    async (each) => {
      const { name, contract, list, money } = each;
      const all = Object.keys(contract.row.shape);
      await fc.assert(
        fc.asyncProperty(
          rowsOf(each),
          fc.constantFrom("asc", "desc"),
          fc.shuffledSubarray(all, { minLength: 1 }),
          async (records, order, columns) => {
            const tenant = await api.tenant();
            await ingestOrFail(tenant, records);
            const rows = await walk(each, tenant.key, { order });
            expect(rows.map((row) => row[list.at]).toSorted()).toStrictEqual(
              records.map((record) => (record as unknown as Row)[list.at]).toSorted(),
            );

            const ndjson = await file(each, tenant.key, { format: "ndjson", order, totals: "true" });
            expect(ndjson.bytes.toString()).toBe(rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
            expect(ndjson.rows).toBe(String(rows.length));
            const few = await file(each, tenant.key, { format: "ndjson", order, columns });
            expect(few.bytes.toString()).toBe(
              rows
                .map((row) => `${JSON.stringify(Object.fromEntries(columns.map((column) => [column, row[column]])))}\n`)
                .join(""),
            );

            for (const chosen of [undefined, columns]) {
              const csv = await file(each, tenant.key, {
                format: "csv",
                order,
                ...(chosen && { columns: chosen.join(",") }),
              });
              const { titles, cells } = readCsv(csv.bytes);
              const names = chosen ?? all;
              expect(titles).toStrictEqual(names.map((column) => contract.row.shape[column].meta().title));
              expect(cells.map((line) => line.map(uncured))).toStrictEqual(
                rows.map((row) => names.map((column) => cellOf(row[column]))),
              );
              for (const [index, line] of cells.entries()) {
                for (const [place, column] of names.entries())
                  if (typeof rows[index]?.[column] === "string")
                    expect(line[place]).toMatch(/^([^=@+\-\t\r\n＝＠＋－]|[+-]\d+(\.\d+)?$|\+\d+\*+$|$)/);
              }
            }

            const totals = totalsOf(money, rows);
            expect(JSON.parse(String(ndjson.headers[exportHeaders.totals.toLowerCase()]))).toStrictEqual(totals);
            const page = pathFor(list, { from, to, limit: 1, order, totals: "true" });
            expect((await rest(api, tenant.key, page)).body.totals).toStrictEqual(totals);
            expect(
              (await trpc(api, tenant.key, name, { from, to, limit: 1, order, totals: "true" })).body.totals,
            ).toStrictEqual(totals);
          },
        ),
        { numRuns: 5 },
      );
    },
  );

  test.each(exportOperations)(
    "$name: what was received before a break and what is answered after it are the whole file",
    async (each) => {
      const { contract, list } = each;
      const tenant = await api.tenant();
      const now = Date.now();
      const name = String(namesOf(list).at(-1));
      const old = fc.sample(text, 9).map((value, index) =>
        recordFor(list as never, `${index % 2 ? "-" : ""}old-${index}`, now - 60_000 - (index >> 1), {
          [name]: value,
        }),
      );
      await ingestOrFail(tenant, old);
      let arrived = 0;
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom("csv", "ndjson"),
          fc.constantFrom("asc", "desc"),
          fc.double({ min: 0, max: 1, noNaN: true }),
          async (format, order, share) => {
            const columns = [list.id, name, list.at];
            const whole = await download(api, tenant.key, pathFor(contract, { format, order, columns }));
            const cut = whole.bytes.subarray(0, Math.floor(share * whole.bytes.length));
            const { kept, last } = lastWhole(format, cut, whole.bytes, columns);
            const cursor = whole.headers[exportHeaders.cursor.toLowerCase()];
            await ingestOrFail(tenant, [recordFor(list as never, `new-${++arrived}`, Date.now() + 60_000)]);
            const after = last && `${last[list.at]},${last[list.id]}`;
            const rest = await download(
              api,
              tenant.key,
              pathFor(contract, { format, order, columns, cursor, ...(after !== undefined && { after }) }),
            );
            expect(rest.complete).toBe(true);
            expect(Buffer.concat([kept, rest.bytes]).toString()).toBe(whole.bytes.toString());
            if (format === "csv")
              expect(rest.headers["content-type"]).toBe(
                `text/csv; charset=utf-8; header=${after === undefined ? "present" : "absent"}`,
              );
          },
        ),
        { numRuns: 20 },
      );
    },
  );

  /** What a client keeps of a file that broke off: everything up to its last whole row, and that row. */
  function lastWhole(format: string, cut: Buffer, whole: Buffer, columns: string[]) {
    const ends = [...whole.keys()]
      .filter(
        (index) =>
          whole[index] === 0x0a &&
          (format === "ndjson" || whole.subarray(0, index).filter((byte) => byte === 0x22).length % 2 === 0),
      )
      .map((index) => index + 1);
    const end = ends.findLast((each) => each <= cut.length) ?? 0;
    const kept = whole.subarray(0, end);
    if (format === "ndjson") return { kept, last: readNdjson(kept).at(-1) };
    const last = end > (ends[0] ?? 0) ? readCsv(kept).cells.at(-1) : undefined;
    return {
      kept: last ? kept : whole.subarray(0, 0),
      last: last && Object.fromEntries(columns.map((column, index) => [column, last[index]])),
    };
  }

  test.each(exportOperations)(
    "$name: more rows than are printed at once come whole, in order, and are counted once",
    async (each) => {
      const rows = await walk(each, many.key);
      expect(rows).toHaveLength(count);
      const ndjson = await file(each, many.key, { format: "ndjson" });
      expect(readNdjson(ndjson.bytes)).toStrictEqual(rows);
      expect(readCsv((await file(each, many.key, {})).bytes).cells).toHaveLength(count);
      const { body } = await rest(
        api,
        many.key,
        pathFor(each.contract, { from, to, format: "ndjson", estimate: "true" }),
      );
      expect(body.rows).toBe(count);
      expect(body.bytes_estimated / ndjson.bytes.length).toBeCloseTo(1, 2);
    },
  );

  test.each(exportOperations)("$name: keeps to the list's filters", async (each) => {
    const [id] = (await walk(each, many.key)).slice(7).map((row) => String(row[each.list.id]));
    const { bytes } = await file(each, many.key, { format: "ndjson", [each.list.id]: [id, "nobody"] });
    expect(readNdjson(bytes).map((row) => row[each.list.id])).toStrictEqual([id]);
  });

  test.each(exportOperations)(
    "$name: the owner gets the rows, a stranger none, and a key without pii:read gets them masked",
    async (each) => {
      const input = { ...each.list.example.input, format: "ndjson" };
      const owned = await file(each, api.key, input);
      expect(readNdjson(owned.bytes)).toStrictEqual(each.list.example.output.data);
      expect((await file(each, (await api.tenant()).key, input)).bytes).toHaveLength(0);
      const key = await createKey(api.database, {
        organization_id: "org_1",
        name: "no personal data",
        scopes: ["reports:read"],
      });
      const masked = await file(each, key, input);
      expect(readNdjson(masked.bytes)).toStrictEqual(
        (await rest(api, key, pathFor(each.list, each.list.example.input))).body.data,
      );
      const csv = await file(each, key, { ...input, format: "csv" });
      expect(csv.bytes.toString() + masked.bytes.toString()).not.toMatch(/3105550142|90012/);
    },
  );

  test.each(exportOperations)(
    "$name: is refused where the list is refused, word for word",
    async ({ contract, list }) => {
      const limited = await createKey(api.database, {
        organization_id: "org_1",
        name: "no personal data",
        scopes: ["reports:read"],
      });
      const personal = list.filters["caller_id"]
        ? "caller_id"
        : list.filters["phone_number"]
          ? "phone_number"
          : undefined;
      const asked: [string | undefined, Row][] = [
        [undefined, {}],
        ["nonsense", {}],
        [(await api.tenant({ expires_at: 1 })).key, {}],
        [(await api.tenant({ plan: "starter" })).key, {}],
        [(await api.tenant({ api_access: false })).key, {}],
        [(await api.tenant({ scopes: ["pii:read"] })).key, {}],
        ...(personal ? [[limited, { [personal]: "+13105550142" }] as [string, Row]] : []),
        [api.key, { updated_sinse: "x", order: "up", totals: "maybe", from: "yesterday" }],
        [api.key, { from: "2026-05-02", to: "2026-05-01" }],
        [api.key, { cursor: "nonsense" }],
      ];
      for (const [key, input] of asked) {
        const export_ = await rest(api, key, pathFor(contract, input));
        const list_ = await rest(api, key, pathFor(list, input));
        expect(export_.status).toBeGreaterThanOrEqual(400);
        expect({ ...export_.body, request_id: "" }).toStrictEqual({ ...list_.body, request_id: "" });
        expect([
          export_.status,
          export_.headers.get("content-type"),
          export_.headers.get("www-authenticate"),
        ]).toStrictEqual([list_.status, "application/problem+json", list_.headers.get("www-authenticate")]);
      }
    },
  );

  test.each(exportOperations)(
    "$name: refuses by name a column, a format, a place and a cursor that are none",
    async (each) => {
      const { contract, list } = each;
      const said = async (input: Row, key = api.key) =>
        (await rest(api, key, pathFor(contract, input))).body.issues.map(
          (issue: Row) => `${issue["path"]} ${issue["message"]}`,
        );
      const typo = `${list.id}s`;
      expect(await said({ columns: [list.at, typo], format: "xlsx", estimate: "perhaps", limit: 5 })).toStrictEqual([
        `columns \`${typo}\` is no column here; did you mean \`${list.id}\`?`,
        "format must be one of csv, ndjson",
        "estimate must be one of true, false",
        expect.stringMatching(/^limit is not a parameter here/),
      ]);
      expect(await said({ columns: [list.at, list.at] })).toStrictEqual(["columns must name each column once"]);
      const { headers } = await file(each, api.key, {});
      const cursor = headers[exportHeaders.cursor.toLowerCase()];
      expect(await said({ after: `${from},x` })).toStrictEqual([expect.stringContaining("after needs `cursor`")]);
      for (const after of ["x", from, `${from},a b`, `${from},a,b`, "yesterday,x"])
        expect(await said({ from, to, cursor, after })).toStrictEqual([
          expect.stringContaining(`after must be the last row's ${list.at} and ${list.id}`),
        ]);
      expect(await said({ from, to, cursor, after: "2026-04-01T00:00:00.000Z,x" })).toStrictEqual([
        `after is not in the window from ${from} to ${to}`,
      ]);
      expect(await said({ from, to, cursor, estimate: "true" })).toStrictEqual([
        "estimate is of the whole export: leave `cursor` out",
      ]);
      for (const [input, key] of [
        [{ order: "asc" }, api.key],
        [{ [list.id]: "x" }, api.key],
        [{}, many.key],
        [{ from: "2026-02-01" }, api.key],
      ] as const)
        expect(await said({ from, to, cursor, after: `${from},x`, ...input }, key)).toStrictEqual([
          expect.stringContaining("cursor belongs to another"),
        ]);
    },
  );

  test.each(exportOperations)(
    "$name: is gzipped for who accepts it, answers HEAD, and takes no other method",
    async ({ contract, ...each }) => {
      const path = pathFor(contract, { from, to, totals: "true" });
      const plain = await file({ contract, ...each }, many.key, { totals: "true" });
      expect(plain.headers["content-encoding"]).toBeUndefined();
      const zipped = await download(api, many.key, path, { "Accept-Encoding": "gzip" });
      expect([zipped.headers["content-encoding"], zipped.headers["vary"], zipped.rows, zipped.complete]).toStrictEqual([
        "gzip",
        expect.stringContaining("Accept-Encoding"),
        String(count),
        true,
      ]);
      expect(gunzipSync(zipped.bytes)).toStrictEqual(plain.bytes);
      expect(plain.headers).toMatchObject({
        "content-type": "text/csv; charset=utf-8; header=present",
        "content-disposition": `attachment; filename="${contract.path.split("/").at(-1)}_2026-03-01_2026-03-02.csv"`,
        "cache-control": "private, no-store",
        "x-request-id": expect.stringMatching(/^[0-9a-f-]{36}$/),
      });
      const head = await fetch(api.url + path, { method: "HEAD", headers: { "X-API-Key": many.key } });
      for (const name of [
        "content-type",
        "content-disposition",
        "cache-control",
        ...Object.values(exportHeaders).slice(0, 2),
      ])
        expect(head.headers.get(name), name).toBe(plain.headers[name.toLowerCase()]);
      const post = await rest(api, many.key, path, { method: "POST" });
      expect([post.status, post.headers.get("allow")]).toStrictEqual([405, "GET, HEAD, OPTIONS"]);
    },
  );

  test("a file that cannot be finished breaks off, and is never whole", async () => {
    const tenant = await api.tenant();
    await ingestOrFail(
      tenant,
      Array.from({ length: 1200 }, (_, index) =>
        recordFor(exportOperations[0]?.list as never, `call-${index}`, Date.parse(from) + index),
      ),
    );
    await api
      .database("calls")
      .where({ organization_id: tenant.organization_id, call_log_id: "call-1150" })
      .update({ tags: "{" });
    for (const format of ["csv", "ndjson"]) {
      for (const headers of [{}, { "Accept-Encoding": "gzip" }] as Record<string, string>[]) {
        const broken = await download(
          api,
          tenant.key,
          `/v1/exports/call-logs?from=${from}&to=${to}&order=asc&format=${format}`,
          headers,
        );
        expect([broken.status < 400, broken.complete, broken.rows]).toStrictEqual([true, false, undefined]);
      }
    }
  });

  test("a sum that a JSON number would not hold exactly is refused, by its column", async () => {
    const tenant = await api.tenant();
    await ingestOrFail(
      tenant,
      Array.from({ length: 5 }, (_, index) =>
        recordFor(exportOperations[0]?.list as never, `call-${index}`, Date.parse(from), { revenue_paid_out: 1e9 }),
      ),
    );
    const ask = async () =>
      (await rest(api, tenant.key, `/v1/call-logs?from=${from}&to=${to}&totals=true`)).body.issues;
    expect(await ask()).toStrictEqual([
      {
        path: "totals",
        message:
          "The sum of `revenue_paid_out` is beyond 4294967296 USD, where it would not be exact: choose a shorter window",
      },
    ]);
    await api.database.raw("update calls set revenue_paid_out = 9000000000000000000 where organization_id = ?", [
      tenant.organization_id,
    ]);
    expect(await ask()).toStrictEqual([{ path: "totals", message: expect.stringMatching(/is beyond 4294967296 USD/) }]);
  });
});

test("an export counts as one request, at an endpoint of its own", async () => {
  await using api = await startHarness(undefined, { RATE_LIMIT_PER_ENDPOINT: "2" });
  const left = async () => (await download(api, api.key, "/v1/exports/call-logs")).headers["ratelimit"];
  expect([await left(), await left()]).toStrictEqual([expect.stringContaining("r=1"), expect.stringContaining("r=0")]);
  expect((await download(api, api.key, "/v1/exports/call-logs")).status).toBe(429);
  expect((await rest(api, api.key, "/v1/call-logs")).status).toBe(200);
});
