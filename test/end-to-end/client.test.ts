import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createClient, MojaError, type Client } from "@moja/client";
import { problem, type ReportingRouter } from "@moja/contracts";
import { createTRPCClient, httpLink } from "@trpc/client";
import { afterAll, beforeAll, describe, expect, expectTypeOf, test } from "vitest";
import { ingestOrFail, startHarness, type Harness } from "../support/harness.ts";
import { lists } from "../support/http.ts";
import { exampleRecord, recordFor } from "../support/record-factory.ts";

describe("the client", () => {
  let api: Harness;
  let moja: Client;
  beforeAll(async () => {
    api = await startHarness();
    moja = createClient({ url: api.url, key: api.key });
  });
  afterAll(() => api[Symbol.asyncDispose]());

  test("answers as the contracts are typed", async () => {
    const page = await moja.callLogs.list({ from: "2026-05-04", to: "2026-05-05", status: ["completed"] });
    expectTypeOf(page.data[0]).toEqualTypeOf<(typeof page.data)[number] | undefined>();
    expectTypeOf<(typeof page.data)[number]["cost_per_min"]>().toEqualTypeOf<number | null>();
    expectTypeOf<(typeof page.data)[number]["status"]>().toEqualTypeOf<
      "incoming" | "connected" | "hung_up" | "failed" | "completed"
    >();
    expectTypeOf(moja.callLogs.list).parameter(0).toExtend<{ status?: string[] | undefined } | undefined>();
    // @ts-expect-error an unknown filter does not compile
    await expect(moja.callLogs.list({ form: "2026-05-04" })).rejects.toThrow("did you mean `from`?");
    // @ts-expect-error a detail needs its id
    await expect(moja.callLogs.get({})).rejects.toThrow(MojaError);
    expect(page.data.map(({ call_log_id }) => call_log_id)).toStrictEqual(["call_7q2m4xk1"]);
    expect((await moja.me.get()).organization.id).toBe("org_1");
  });

  test("refuses an address that is none before it asks", () => {
    expect(() => createClient({ url: "api.moja.example", key: "x" })).toThrow(
      'must be a URL like https://api.moja.example, not "api.moja.example"',
    );
  });

  test("sends its requests by the fetch that it is given", async () => {
    const asked: string[] = [];
    const fetch: typeof globalThis.fetch = (url, init) => {
      asked.push(new URL(url instanceof Request ? url.url : url).pathname);
      return globalThis.fetch(url, init);
    };
    const own = createClient({ url: api.url, key: api.key, fetch });
    await own.me.get();
    for await (const { call_log_id } of own.callLogs.export({ from: "2026-05-04", columns: ["call_log_id"] }))
      expect(call_log_id).toMatch(/^call_/);
    expect(asked).toStrictEqual(["/trpc/me.get", "/v1/exports/call-logs"]);
  });

  test("summarizes, typed by the report's own dimensions and measures", async () => {
    const { data, totals } = await moja.summaries.callLogs({
      from: "2026-05-04",
      to: "2026-05-05",
      group_by: ["campaign_id"],
      interval: "hour",
      order_by: "profit",
      status: ["completed"],
    });
    expectTypeOf(totals.conversion_rate).toEqualTypeOf<number | null>();
    expectTypeOf(totals.profit).toEqualTypeOf<number>();
    expectTypeOf(data[0]?.group.campaign_name).toEqualTypeOf<string | null | undefined>();
    expectTypeOf(data[0]?.group.moja_magic).toEqualTypeOf<boolean | undefined>();
    expectTypeOf(data[0]!.group).not.toHaveProperty("campain_name");
    expectTypeOf(moja.summaries.outboundRtb)
      .returns.resolves.toHaveProperty("data")
      .items.toHaveProperty("group")
      .toHaveProperty("http_status")
      .toEqualTypeOf<number | null | undefined>();
    expectTypeOf(data[0]?.series?.[0]?.start).toEqualTypeOf<string | undefined>();
    expect([data[0]?.group.campaign_name, totals.profit, data[0]?.series?.length]).toStrictEqual([
      "Medicare Supplement",
      -0.01183,
      24,
    ]);
    // @ts-expect-error a dimension of another report does not compile
    await expect(moja.summaries.callLogs({ group_by: ["url_host"] })).rejects.toThrow(
      "`group_by.0` must be one of status, campaign_id",
    );
    // @ts-expect-error nor does a measure that is none
    await expect(moja.summaries.outboundRtb({ order_by: "bid" })).rejects.toThrow("did you mean `bids`?");
    expect((await moja.summaries.outgoingWebhooks({ from: "2026-05-04", to: "2026-05-05" })).totals.first_seen_at).toBe(
      "2026-05-04T12:01:35.000Z",
    );
  });

  test("walks every row of a list, page by page", async () => {
    const tenant = await api.tenant();
    const [{ contract }] = lists as [(typeof lists)[0]];
    expect(exampleRecord(contract).kind).toBe("call");
    const aSecondAgo = Date.now() - 1000;
    await ingestOrFail(
      tenant,
      Array.from({ length: 25 }, (_, index) => recordFor(contract, `call-${index}`, aSecondAgo - index)),
    );
    const seen: string[] = [];
    for await (const row of createClient({ url: api.url, key: tenant.key }).callLogs.all({ limit: 10 }))
      seen.push(row.call_log_id);
    expect(seen).toStrictEqual(Array.from({ length: 25 }, (_, index) => `call-${index}`));
  });

  test("throws a typed error with the code, the request id and all issues", async () => {
    const error = await moja.callLogs.get({ call_log_id: "nobody" }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(MojaError);
    expect(error).toMatchObject({
      code: "not_found",
      status: 404,
      request_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      issues: [],
    });
    await expect(createClient({ url: api.url, key: "wrong" }).me.get()).rejects.toMatchObject({
      code: "invalid_api_key",
    });
    await expect(
      createClient({ url: "http://127.0.0.1:9", key: "x", retries_max: 1, retry_pause_ms: 1 }).me.get(),
    ).rejects.toMatchObject({ code: "unreachable", status: 0 });
  });

  test("tries again as Retry-After says, and gives up with the last refusal", async () => {
    const asked: number[] = [];
    const server = createServer((_request, response) => {
      asked.push(Date.now());
      const refused = asked.length < 3;
      response.writeHead(refused ? 503 : 200, {
        "content-type": "application/json",
        ...(asked.length === 1 && { "retry-after": "1" }),
      });
      response.end(
        JSON.stringify(
          refused
            ? { error: { message: "busy", code: -32603, data: problem("unavailable", { request_id: "r-1" }) } }
            : { result: { data: { answered: true } } },
        ),
      );
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    expect(await createClient({ url, key: "x", retry_pause_ms: 1 }).me.get()).toStrictEqual({ answered: true });
    expect(asked).toHaveLength(3);
    expect(Number(asked[1]) - Number(asked[0])).toBeGreaterThanOrEqual(990);
    asked.length = 0;
    await expect(createClient({ url, key: "x", retries_max: 0 }).me.get()).rejects.toMatchObject({
      code: "unavailable",
      request_id: "r-1",
    });
    expect(asked).toHaveLength(1);
    server.close();
  });

  test("gives up an attempt that takes too long", async () => {
    const server = createServer(() => {}).listen(0, "127.0.0.1");
    await once(server, "listening");
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    await expect(
      createClient({ url, key: "x", timeout_ms: 50, retries_max: 1, retry_pause_ms: 1 }).me.get(),
    ).rejects.toMatchObject({ code: "unreachable" });
    server.closeAllConnections();
    server.close();
  });

  test("can be aborted", async () => {
    await expect(moja.callLogs.list({}, { signal: AbortSignal.abort() })).rejects.toMatchObject({ name: "AbortError" });
    await expect(moja.callLogs.list({}, { signal: AbortSignal.abort("enough") })).rejects.toBe("enough");
    await expect(moja.callLogs.list({}, { signal: AbortSignal.timeout(0) })).rejects.toMatchObject({
      name: "TimeoutError",
    });
  });

  test("is not needed: tRPC's own client is typed by the contracts too", async () => {
    const trpc = createTRPCClient<ReportingRouter>({
      links: [httpLink({ url: `${api.url}/trpc`, headers: { "X-API-Key": api.key } })],
    });
    const call = await trpc.callLogs.get.query({ call_log_id: "call_7q2m4xk1" });
    expectTypeOf(call.cost).toEqualTypeOf<number | null>();
    expect(call.cost).toBe(0.01183);
  });
});
