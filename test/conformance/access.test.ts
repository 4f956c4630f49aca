import { createKey, revokeKey, updateOrganization } from "@moja/store";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { databases } from "../support/databases.ts";
import { startHarness, type Harness } from "../support/harness.ts";
import { pathFor, procedures, reports, rest, trpc } from "../support/http.ts";

describe.each(databases)("on $name", ({ create }) => {
  let api: Harness;
  beforeAll(async () => void (api = await startHarness(create)));
  afterAll(() => api[Symbol.asyncDispose]());

  /** Asks over both transports, and expects the same refusal from both. */
  async function refusedWith(key: string | undefined, { name, contract }: (typeof procedures)[number]) {
    const overRest = await rest(api, key, pathFor(contract, contract.example.input));
    const overTrpc = await trpc(api, key, name, contract.example.input);
    expect(overTrpc.status).toBe(overRest.status);
    expect({ ...overTrpc.body, request_id: "" }).toStrictEqual({ ...overRest.body, request_id: "" });
    return `${overRest.status} ${overRest.body.code}`;
  }

  test.each(procedures)(
    "$name is refused without a key, and with one that is wrong, revoked or expired",
    async (each) => {
      expect(await refusedWith(undefined, each)).toBe("401 missing_api_key");
      expect(await refusedWith("nonsense", each)).toBe("401 invalid_api_key");
      expect(await refusedWith(`${api.key.slice(0, -1)}x`, each)).toBe("401 invalid_api_key");
      const expired = await api.tenant({ expires_at: Date.now() - 1 });
      expect(await refusedWith(expired.key, each)).toBe("401 expired_api_key");
      const revoked = await api.tenant();
      await revokeKey(api.database, String(revoked.key.split("_")[1]));
      expect(await refusedWith(revoked.key, each)).toBe("401 invalid_api_key");
    },
  );

  test.each(procedures)("$name never takes a key from the URL", async ({ contract }) => {
    const { status, body } = await rest(
      api,
      undefined,
      pathFor(contract, { ...contract.example.input, api_key: api.key }),
    );
    expect(`${status} ${body.code}`).toBe("401 missing_api_key");
  });

  test.each(procedures)("$name takes the key as a Bearer token too", async ({ contract }) => {
    const { status } = await rest(api, undefined, pathFor(contract, contract.example.input), {
      headers: { Authorization: `Bearer ${api.key}` },
    });
    expect(status).toBe(200);
  });

  test.each(reports)(
    "$name is refused on the starter plan, with API access off, and without reports:read",
    async (each) => {
      expect(await refusedWith((await api.tenant({ plan: "starter" })).key, each)).toBe("403 plan_excludes_reporting");
      expect(await refusedWith((await api.tenant({ scopes: ["pii:read"] })).key, each)).toBe("403 missing_scope");
      const tenant = await api.tenant({ plan: "premium" });
      await updateOrganization(api.database, tenant.organization_id, { api_access: false });
      expect(await refusedWith(tenant.key, each)).toBe("403 api_access_disabled");
    },
  );

  test.each(reports)(
    "$name needs an organization from a service key, and answers for the one that it names",
    async ({ contract }) => {
      const service = await createKey(api.database, {
        organization_id: null,
        name: "service",
        scopes: ["reports:read", "pii:read"],
      });
      const path = pathFor(contract, contract.example.input);
      const without = await rest(api, service, path);
      expect(without.body.issues).toStrictEqual([
        { path: "X-Organization-Id", message: expect.stringContaining("is needed") },
      ]);
      const wrong = await rest(api, service, path, { headers: { "X-Organization-Id": "nobody" } });
      expect(wrong.body.issues).toStrictEqual([{ path: "X-Organization-Id", message: "names no organization" }]);
      const right = await rest(api, service, path, { headers: { "X-Organization-Id": "org_1" } });
      expect(right.body).toStrictEqual(contract.example.output);
      const foreign = await rest(api, (await api.tenant()).key, path, { headers: { "X-Organization-Id": "org_1" } });
      expect(foreign.status).toBe(400);
    },
  );

  test("/v1/me answers any valid key, and says why it cannot read the reports", async () => {
    const starter = await api.tenant({ plan: "starter" });
    const { status, body } = await rest(api, starter.key, "/v1/me");
    expect(status).toBe(200);
    expect(body).toMatchObject({
      organization: { id: starter.organization_id, plan: "starter" },
      reporting: "plan_excludes_reporting",
    });
  });
});
