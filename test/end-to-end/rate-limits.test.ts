import { exampleRecords } from "@moja/contracts";
import { createKey } from "@moja/store";
import { describe, expect, test } from "vitest";
import { startHarness } from "../support/harness.ts";
import { rest, trpc } from "../support/http.ts";

describe("limits", () => {
  test("count one key at one endpoint, on both transports, and say what is left", async () => {
    await using api = await startHarness(undefined, { RATE_LIMIT_PER_ENDPOINT: "3" });
    for (let left = 2; left >= 0; left--) {
      const { status, headers } = await rest(api, api.key, "/v1/me");
      expect([status, headers.get("ratelimit")]).toStrictEqual([
        200,
        expect.stringMatching(`^"per-endpoint"; r=${left}; t=\\d+$`),
      ]);
      expect(headers.get("ratelimit-policy")).toMatch(/^"per-endpoint"; q=3; w=60/);
    }
    const over = await rest(api, api.key, "/v1/me");
    expect([over.status, over.body.code]).toStrictEqual([429, "rate_limited"]);
    expect(Number(over.headers.get("retry-after"))).toBeGreaterThan(0);
    expect((await rest(api, api.key, "/v1/call-logs")).status).toBe(200);
    expect((await rest(api, (await api.tenant()).key, "/v1/me")).status).toBe(200);
    for (let asked = 0; asked < 3; asked++) expect((await trpc(api, api.key, "me.get")).status).toBe(200);
    expect((await trpc(api, api.key, "me.get")).body.code).toBe("rate_limited");
  });

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
});
