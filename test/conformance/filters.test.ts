import { contracts, type Filter } from "@moja/contracts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { callerRefOf } from "../support/caller-ref.ts";
import { databases } from "../support/databases.ts";
import { ingestOrFail, startHarness, type Harness, type Tenant } from "../support/harness.ts";
import { lists, pathFor, rest, trpc } from "../support/http.ts";
import { exampleRecord, recordFor } from "../support/record-factory.ts";

type Row = Record<string, unknown>;

/** Changes to the example records, so that each list has rows that fill every column that a filter looks at. */
const filled: Record<string, Row[]> = {
  "/v1/call-logs": [
    {},
    { dial_type: "target", rtb_id: null, rtb_name: null, target_id: "target_77", target_name: "Direct line" },
  ],
  "/v1/rtb/inbound-requests": [{}, { outcome: "rejected", reason: 105, allocated_count: 0 }],
  "/v1/rtb/outbound-requests": [{ target_id: "target_77", call_log_id: "call_1" }],
  "/v1/webhooks/incoming-requests": [{ error_code: "late" }],
  "/v1/webhooks/outgoing-requests": [{ error_code: "http_error" }],
};

/** For each kind of filter: a value that a row matches, and one that it does not. */
const values: Record<Filter["operator"], (row: Row, filter: Filter) => { matching: unknown; missing: unknown }> = {
  any_of: (row, { column }) => {
    const value = column === "reason" ? (row["reason"] as { code: number }).code : row[column];
    return { matching: [value], missing: [typeof value === "number" ? value + 1 : another(String(value), column)] };
  },
  at_least: (row, { column }) => ({ matching: row[column], missing: beside(row[column], 1) }),
  at_most: (row, { column }) => ({ matching: row[column], missing: beside(row[column], -1) }),
  yes_or_no: (row, { column }) => ({ matching: row[column] ? "yes" : "no", missing: row[column] ? "no" : "yes" }),
  status_class: (row, { column }) => ({ matching: [`${String(row[column])[0]}xx`], missing: ["1xx"] }),
  reason_class: (row) => ({ matching: [(row["reason"] as { class: string }).class], missing: ["lost"] }),
  tag: () => ({ matching: ["quality:reviewed"], missing: ["quality:other"] }),
};

/** Other words of closed sets. */
const others: Record<string, string[]> = {
  status: ["failed"],
  outcome: ["error"],
  matched_by: ["phone_number"],
  no_payout_reason: ["Caps exceeded"],
  error_code: ["timeout"],
};

function another(value: string, column: string): string {
  return (
    others[column]?.find((each) => each !== value) ??
    (column === "caller_ref" ? callerRefOf("+19995550100") : undefined) ??
    (value.startsWith("+") ? "+19995550100" : column === "url_host" ? "other.example" : "other")
  );
}

/** The next value: a millisecond, a second or a micro-dollar away. */
function beside(value: unknown, sign: 1 | -1): unknown {
  if (typeof value === "string") return new Date(Date.parse(value) + sign).toISOString();
  const step = Number.isInteger(value) ? 1 : 0.000001;
  return Math.round((Number(value) + sign * step) * 1e6) / 1e6;
}

describe.each(databases)("on $name", ({ create }) => {
  let api: Harness;
  let tenant: Tenant;
  beforeAll(async () => {
    api = await startHarness(create);
    tenant = await api.tenant();
    for (const { contract } of lists)
      await ingestOrFail(
        tenant,
        (filled[contract.path] ?? [{}]).map((change, index) => ({
          ...exampleRecord(contract),
          [contract.id]: `${contract.path.replaceAll("/", ".")}:${index}`,
          ...change,
        })),
      );
  });
  afterAll(() => api[Symbol.asyncDispose]());

  const each = lists.flatMap(({ name, contract }) =>
    Object.entries(contract.filters as Record<string, Filter>).map(([filter, given]) => ({
      name,
      contract,
      filter,
      given,
    })),
  );

  test.each(each)(
    "$name: $filter keeps what matches and drops what does not, over both transports",
    async ({ name, contract, filter, given }) => {
      const { from, to } = contract.example.input;
      const all = await rest(api, tenant.key, pathFor(contract, { from, to }));
      const row = (all.body.data as Row[]).find((found) => found[given.column] !== null);
      if (!row) throw new Error(`No row fills ${given.column}: add one to \`filled\``);
      const ask = async (value: unknown) => {
        const overRest = await rest(api, tenant.key, pathFor(contract, { from, to, [filter]: value }));
        expect(overRest.status, JSON.stringify(overRest.body)).toBe(200);
        expect((await trpc(api, tenant.key, name, { from, to, [filter]: value })).body).toStrictEqual(overRest.body);
        expect(overRest.body.applied.filters).toStrictEqual({ [filter]: value });
        return (overRest.body.data as Row[]).map((found) => found[contract.id]);
      };
      const { matching, missing } = values[given.operator](row, given);
      expect(await ask(matching)).toContain(row[contract.id]);
      const outOfRange = given.operator === "at_most" && Number(missing) < 0 && given.column !== "profit";
      if (!outOfRange) expect(await ask(missing)).not.toContain(row[contract.id]);
    },
  );

  test.each(lists)("$name takes several values repeated, or with commas, and they mean OR", async ({ contract }) => {
    const { from, to } = contract.example.input;
    const [row] = contract.example.output.data as Row[];
    const base = pathFor(contract, { from, to });
    const id = String(row?.[contract.id]);
    const repeated = await rest(api, api.key, `${base}&${contract.id}=nobody&${contract.id}=${id}`);
    const commas = await rest(api, api.key, `${base}&${contract.id}=nobody,${id}`);
    expect(repeated.body).toStrictEqual(commas.body);
    expect(repeated.body.data).toStrictEqual([row]);
    const both = await rest(api, api.key, `${base}&${contract.id}=${id}&updated_since=2026-06-01`);
    expect(both.body.data).toStrictEqual([]);
  });

  test("a comma that is written %2C belongs to its value, a bare one separates values, and the next page's link keeps both", async () => {
    const own = await api.tenant();
    const { list } = contracts.incomingWebhooks;
    await ingestOrFail(
      own,
      ["a, b", "a", "c"].map((transaction_id, index) =>
        recordFor(list, `r-${index}`, Date.parse("2026-05-04T12:00:00Z") - index, { transaction_id }),
      ),
    );
    const path = `${pathFor(list, { from: "2026-05-04", to: "2026-05-05", limit: 1 })}&transaction_id=a%2C+b,c`;
    const first = await rest(api, own.key, path);
    expect(first.body).toMatchObject({
      data: [{ request_id: "r-0" }],
      applied: { filters: { transaction_id: ["a, b", "c"] } },
    });
    const second = await rest(
      api,
      own.key,
      String(/^<(.+)>; rel="next"$/.exec(String(first.headers.get("link")))?.[1]),
    );
    expect([second.body.data.map((row: Row) => row["request_id"]), second.body.next_cursor]).toStrictEqual([
      ["r-2"],
      null,
    ]);
    expect((await rest(api, own.key, "/v1/call-logs?status=failed%2Ccompleted")).body.applied.filters).toStrictEqual({
      status: ["failed", "completed"],
    });
  });

  test.each(lists)(
    "$name refuses what it does not know by name, on both transports, all problems at once",
    async ({ name, contract }) => {
      const { status, body } = await rest(
        api,
        api.key,
        `${contract.path}?form=2026-01-01&limit=0&updated_sinse=x&order=up&from=yesterday&to=`,
      );
      expect(`${status} ${body.code}`).toBe("400 invalid_request");
      const said = Object.fromEntries(
        body.issues.map(({ path, message }: { path: string; message: string }) => [path, message]),
      );
      expect(said).toStrictEqual({
        form: "is not a parameter here; did you mean `from`?",
        updated_sinse: "is not a parameter here; did you mean `updated_since`?",
        limit: "must be a whole number from 1 to 1000",
        order: "must be one of desc, asc",
        from: expect.stringContaining("must be a date or a moment, like 2026-05-04"),
        to: "is empty: give a value or leave it out",
      });
      const overTrpc = await trpc(api, api.key, name, {
        form: "2026-01-01",
        limit: 0,
        updated_sinse: "x",
        order: "up",
        from: "yesterday",
      });
      expect(overTrpc.status).toBe(400);
      expect(overTrpc.body.issues.map(({ path }: { path: string }) => path).toSorted()).toStrictEqual([
        "form",
        "from",
        "limit",
        "order",
        "updated_sinse",
      ]);
    },
  );

  test.each(lists)(
    "$name refuses limits and windows that cannot be, and single values given twice",
    async ({ contract }) => {
      const refused = async (query: string) => (await rest(api, api.key, `${contract.path}?${query}`)).body.issues;
      expect(await refused("limit=5000")).toStrictEqual([
        { path: "limit", message: "must be a whole number from 1 to 1000" },
      ]);
      expect(await refused("limit=2.5")).toStrictEqual([
        { path: "limit", message: "must be a whole number from 1 to 1000" },
      ]);
      expect(await refused("limit=1e2")).toStrictEqual([
        { path: "limit", message: "must be a whole number from 1 to 1000" },
      ]);
      expect(await refused("from=2026-05-02&to=2026-05-01")).toStrictEqual([
        { path: "from", message: "must be before `to`, which is 2026-05-01T00:00:00.000Z" },
      ]);
      expect(await refused("from=2026-02-30")).toHaveLength(1);
      expect(await refused("limit=1&limit=2")).toStrictEqual([
        { path: "limit", message: "is given 2 times: it takes one value" },
      ]);
      expect(await refused("__proto__=1")).toStrictEqual([{ path: "__proto__", message: "is not a parameter here" }]);
    },
  );
});
