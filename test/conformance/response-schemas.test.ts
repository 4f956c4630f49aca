import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { databases } from "../support/databases.ts";
import { startHarness, type Harness } from "../support/harness.ts";
import { pathFor, procedures, reports, rest, trpc } from "../support/http.ts";

describe.each(databases)("on $name", ({ create }) => {
  let api: Harness;
  beforeAll(async () => void (api = await startHarness(create)));
  afterAll(() => api[Symbol.asyncDispose]());

  test.each(reports)("$name answers its own documented example word for word", async ({ contract }) => {
    const { status, body } = await rest(api, api.key, pathFor(contract, contract.example.input));
    expect(status).toBe(200);
    expect(body).toStrictEqual(contract.example.output);
  });

  test.each(procedures)(
    "$name answers alike over REST and tRPC, and as its contract says",
    async ({ name, contract }) => {
      const overRest = await rest(api, api.key, pathFor(contract, contract.example.input));
      const overTrpc = await trpc(api, api.key, name, contract.example.input);
      expect(overTrpc.status).toBe(200);
      expect(overTrpc.body).toStrictEqual(overRest.body);
      expect(contract.output.parse(overRest.body)).toStrictEqual(overRest.body);
    },
  );

  test.each(procedures)("$name says that its answers are private and names its request", async ({ contract }) => {
    const { headers } = await rest(api, api.key, pathFor(contract, contract.example.input), {
      headers: { "X-Request-Id": "my-own-request-1" },
    });
    expect(headers.get("cache-control")).toContain("no-store");
    expect(headers.get("x-request-id")).toBe("my-own-request-1");
    const { headers: fresh } = await rest(api, api.key, pathFor(contract, contract.example.input), {
      headers: { "X-Request-Id": "bad id\t!" },
    });
    expect(fresh.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
  });
});
