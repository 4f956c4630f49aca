import { exampleRecords, type RecordInput } from "@moja/contracts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { databases } from "../support/databases.ts";
import { ingestOrFail, startHarness, type Harness, type Tenant } from "../support/harness.ts";
import { rest } from "../support/http.ts";

type Call = Extract<RecordInput, { kind: "call" }>;
const example = exampleRecords.find(({ kind }) => kind === "call") as Call;
const noRoute = { rtb_id: null, rtb_name: null, target_id: null, target_name: null };

describe.each(databases)("call logs on $name", ({ create }) => {
  let api: Harness;
  let tenant: Tenant;
  beforeAll(async () => {
    api = await startHarness(create);
    tenant = await api.tenant();
  });
  afterAll(() => api[Symbol.asyncDispose]());

  /** Writes a call and reads it back from its detail. */
  async function roundTrip(id: string, change: Partial<Call>) {
    await ingestOrFail(tenant, [{ ...example, call_log_id: id, ...change }]);
    const { body } = await rest(api, tenant.key, `/v1/call-logs/${id}`);
    return body;
  }

  test.each([
    ["target", { target_id: "target_1", target_name: "Direct" }],
    ["rtb", { rtb_id: "rtb_1", rtb_name: "Bids" }],
    ["rtb_group", { rtb_id: "rtb_2", rtb_name: "The winner" }],
    ["call_flow", {}],
    ["ivr", {}],
    ["number", {}],
    ["buyer", {}],
    ["a_route_type_of_tomorrow", {}],
  ])("a %s call has its own attribution and null for the others", async (dial_type, attribution) => {
    const row = await roundTrip(`call_${dial_type}`, {
      ...noRoute,
      dial_type,
      dial_type_id: "id_1",
      dial_name: "Name",
      ...attribution,
    });
    expect(row).toMatchObject({ ...noRoute, ...attribution, dial_type, dial_type_id: "id_1", dial_name: "Name" });
  });

  test("a Moja Magic call costs zero, which is never null", async () => {
    const row = await roundTrip("call_magic", {
      moja_magic: true,
      cost: 0,
      cost_per_min: 0,
      revenue_paid_out: 10,
      publisher_paid_out: 4,
    });
    expect(row).toMatchObject({ moja_magic: true, cost: 0, cost_per_min: 0, profit: 6 });
  });

  test("what is not known yet is null, which is never zero, and so is the profit", async () => {
    for (const [index, unknown] of (["cost", "revenue_paid_out", "publisher_paid_out"] as const).entries()) {
      const row = await roundTrip(`call_unknown_${index}`, {
        cost: 0.1,
        revenue_paid_out: 1,
        publisher_paid_out: 0.5,
        [unknown]: null,
      });
      expect(row).toMatchObject({ [unknown]: null, profit: null });
    }
    const { body } = await rest(api, tenant.key, "/v1/call-logs?from=2026-05-01&to=2026-06-01&cost_max=0");
    expect(body.data.map(({ cost }: { cost: number }) => cost)).not.toContain(null);
  });

  test("money keeps every micro-dollar, and profit is exact", async () => {
    const row = await roundTrip("call_money", {
      cost_per_min: 0.00845,
      cost: 0.000001,
      revenue_paid_out: 0.3,
      publisher_paid_out: 0.1,
    });
    expect(row).toMatchObject({
      cost_per_min: 0.00845,
      cost: 0.000001,
      revenue_paid_out: 0.3,
      publisher_paid_out: 0.1,
      profit: 0.199999,
    });
    const large = await roundTrip("call_large", {
      cost: 123_456_789.123456,
      revenue_paid_out: 999_999_999.999999,
      publisher_paid_out: 0,
    });
    expect(large).toMatchObject({
      cost: 123_456_789.123456,
      revenue_paid_out: 999_999_999.999999,
      profit: 876_543_210.876543,
    });
    const least = await roundTrip("call_least", { cost: 1e9, revenue_paid_out: -1e9, publisher_paid_out: 1e9 });
    expect(least).toMatchObject({ profit: -3e9 });
  });

  test("a tag that is no text of Unicode is kept as one that is", async () => {
    const row = await roundTrip("call_surrogate", { tags: { "key\ud800": "value\udc00" } });
    expect(row.tags).toStrictEqual({ "key\ufffd": "value\ufffd" });
  });

  test("tags are found by key, and by key and value", async () => {
    const own = await api.tenant();
    const tagged = (id: string, tags: Record<string, string>): RecordInput => ({ ...example, call_log_id: id, tags });
    await ingestOrFail(own, [
      tagged("a", { source: "search" }),
      tagged("b", { source: "social", quality: "good" }),
      tagged("c", {}),
    ]);
    const found = async (query: string) =>
      (await rest(api, own.key, `/v1/call-logs?from=2026-05-01&to=2026-06-01&order=asc&${query}`)).body.data.map(
        (row: Call) => row.call_log_id,
      );
    expect(await found("tag=source")).toStrictEqual(["a", "b"]);
    expect(await found("tag=source:search")).toStrictEqual(["a"]);
    expect(await found("tag=source:search&tag=quality")).toStrictEqual(["a", "b"]);
    await ingestOrFail(own, [{ ...tagged("a", { quality: "bad" }), updated_at: "2026-06-01T00:00:00.000Z" }]);
    expect(await found("tag=source")).toStrictEqual(["b"]);
    expect(await found("tag=quality:bad")).toStrictEqual(["a"]);
  });

  test("a NUL character is refused in tags, asked for and written", async () => {
    for (const tag of ["a%00", "a:b%00"])
      expect((await rest(api, tenant.key, `/v1/call-logs?tag=${tag}`)).body.issues).toHaveLength(1);
    for (const tags of [{ "a\0": "b" }, { a: "b\0" }])
      expect((await tenant.ingest([{ ...example, call_log_id: "call_nul", tags }])).refused).toHaveLength(1);
  });

  test("money columns are integers in the database", async () => {
    const [row] = await api
      .database("calls")
      .select("cost_per_min", "cost", "profit")
      .where({ call_log_id: "call_money" });
    expect(row).toStrictEqual({ cost_per_min: 8450, cost: 1, profit: 199_999 });
  });
});
