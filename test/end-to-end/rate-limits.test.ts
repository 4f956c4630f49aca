import { exampleRecords } from "@moja/contracts";
import { createKey } from "@moja/store";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { startHarness } from "../support/harness.ts";
import { pathFor, procedures, rest, trpc, type HttpResult } from "../support/http.ts";

describe("limits", () => {
  test("count one key at one endpoint, on both transports, and say what is left", async () => {
    await using api = await startHarness(undefined, { RATE_LIMIT_PER_ENDPOINT: "3" });
    const saidBy = ({ status, headers }: HttpResult) => [
      status,
      headers.get("ratelimit"),
      headers.get("ratelimit-policy"),
    ];
    const said = (left: number) => [
      200,
      expect.stringMatching(`^"per-endpoint"; r=${left}; t=\\d+$`),
      expect.stringMatching(/^"per-endpoint"; q=3; w=60/),
    ];
    expect(saidBy(await rest(api, api.key, "/v1/me"))).toStrictEqual(said(2));
    expect(saidBy(await trpc(api, api.key, "me.get"))).toStrictEqual(said(1));
    expect(saidBy(await rest(api, api.key, "/v1/me"))).toStrictEqual(said(0));
    for (const over of [await rest(api, api.key, "/v1/me"), await trpc(api, api.key, "me.get")]) {
      expect([over.status, over.body.code]).toStrictEqual([429, "rate_limited"]);
      expect(Number(over.headers.get("retry-after"))).toBeGreaterThan(0);
    }
    expect((await rest(api, api.key, "/v1/call-logs")).status).toBe(200);
    expect((await rest(api, (await api.tenant()).key, "/v1/me")).status).toBe(200);
  });

  test.each(procedures)(
    "count $name once for both transports, whatever id it is asked for",
    async ({ name, contract }) => {
      await using api = await startHarness(undefined, { RATE_LIMIT_PER_ENDPOINT: "2" });
      const { input } = contract.example;
      expect((await rest(api, api.key, pathFor(contract, input))).status).toBe(200);
      expect((await trpc(api, api.key, name, input)).status).toBe(200);
      expect((await rest(api, api.key, pathFor(contract, input))).status).toBe(429);
      expect((await trpc(api, api.key, name, input)).status).toBe(429);
    },
  );

  test("count one address at all endpoints together, with or without a key", async () => {
    await using api = await startHarness(undefined, { RATE_LIMIT_PER_IP: "3" });
    expect((await rest(api, undefined, "/v1/me")).status).toBe(401);
    expect((await rest(api, api.key, "/v1/call-logs")).status).toBe(200);
    expect((await trpc(api, api.key, "me.get")).status).toBe(200);
    const over = await rest(api, api.key, "/v1/rtb/inbound-requests");
    expect([over.status, over.body.code]).toStrictEqual([429, "rate_limited"]);
    expect((await rest(api, undefined, "/openapi.json")).status).toBe(200);
  });

  test("do not hold up producers, but count their refused requests", async () => {
    await using api = await startHarness(undefined, { RATE_LIMIT_PER_IP: "2", RATE_LIMIT_PER_ENDPOINT: "2" });
    const key = await createKey(api.database, { organization_id: null, name: "producer", scopes: ["ingest:write"] });
    const push = async (text: string) =>
      (
        await rest(api, text, "/v1/ingest", {
          method: "POST",
          body: JSON.stringify({ records: exampleRecords.slice(0, 1) }),
          headers: { "Content-Type": "application/json", "X-Organization-Id": "org_1" },
        })
      ).status;
    for (let asked = 0; asked < 5; asked++) expect(await push(key)).toBe(200);
    expect([await push("wrong"), await push("wrong"), await push("wrong")]).toStrictEqual([401, 401, 429]);
  });

  test("believe X-Forwarded-For only from a trusted proxy", async () => {
    await using direct = await startHarness(undefined, { RATE_LIMIT_PER_IP: "1" });
    const from = (api: typeof direct, address: string) =>
      rest(api, api.key, "/v1/me", { headers: { "X-Forwarded-For": address } });
    expect([(await from(direct, "203.0.113.1")).status, (await from(direct, "203.0.113.2")).status]).toStrictEqual([
      200, 429,
    ]);
    await using behind = await startHarness(undefined, { RATE_LIMIT_PER_IP: "1", TRUST_PROXY: "1" });
    expect([
      (await from(behind, "203.0.113.1")).status,
      (await from(behind, "203.0.113.2")).status,
      (await from(behind, "203.0.113.1")).status,
    ]).toStrictEqual([200, 200, 429]);
  });

  const forwarded = [
    {
      what: "IPv4 with ports",
      same: ["203.0.113.9:1001", "203.0.113.9:65535", "203.0.113.9"],
      other: "203.0.113.10:1001",
    },
    {
      what: "IPv6 with ports",
      same: ["[2001:db8:1::9]:1001", "[2001:db8:1::9]:2", "[2001:db8:1::9]", "2001:db8:1::9", '"[2001:db8:1::9]:3"'],
      other: "[2001:db8:2::9]:1001",
    },
    {
      what: "IPv4 as IPv6",
      same: ["[::ffff:203.0.113.9]:1001", "::ffff:203.0.113.9", "203.0.113.9:5"],
      other: "[::ffff:203.0.113.10]:1001",
    },
    {
      what: "what the caller claims before",
      same: ["6.6.6.6:1, 203.0.113.9:1", "7.7.7.7, 203.0.113.9:2"],
      other: "1.1.1.1",
    },
  ];
  test.each(forwarded)(
    "count one address by X-Forwarded-For, whatever ports it has: $what",
    async ({ same, other }) => {
      for (const TRUST_PROXY of ["1", "127.0.0.1"]) {
        await using api = await startHarness(undefined, { RATE_LIMIT_PER_IP: "1", TRUST_PROXY });
        const from = async (address: string) =>
          (await rest(api, api.key, "/v1/me", { headers: { "X-Forwarded-For": address } })).status;
        const [first = "", ...others] = same;
        expect(await from(first)).toBe(200);
        for (const each of others) expect(await from(each), each).toBe(429);
        expect(await from(other)).toBe(200);
      }
    },
  );

  test("never ask to wait for longer than their window, though a clock is set back", async () => {
    await using api = await startHarness(undefined, { RATE_LIMIT_PER_IP: "1" });
    expect((await rest(api, api.key, "/v1/me")).status).toBe(200);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() - 2 * 60 * 60 * 1000 });
    onTestFinished(() => void vi.useRealTimers());
    const { status, headers } = await rest(api, api.key, "/v1/me");
    expect(status).toBe(429);
    expect(Number(headers.get("retry-after"))).toBeLessThanOrEqual(60);
  });

  test("count one address through proxies that add ports to each other's", async () => {
    await using api = await startHarness(undefined, { RATE_LIMIT_PER_IP: "1", TRUST_PROXY: "127.0.0.1,10.0.0.0/8" });
    const from = async (addresses: string) =>
      (await rest(api, api.key, "/v1/me", { headers: { "X-Forwarded-For": addresses } })).status;
    expect(await from("203.0.113.9:1, 10.0.0.1:80")).toBe(200);
    expect(await from("203.0.113.9:2, 10.0.0.2:81")).toBe(429);
    expect(await from("203.0.113.8:2, 10.0.0.2:81")).toBe(200);
  });
});
