import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { databases } from "../support/databases.ts";
import { world, type World } from "../support/harness.ts";
import { addressOf, promised, reports, rest, trpc } from "../support/http.ts";

describe.each(databases)("on $name", ({ create }) => {
  let api: World;
  beforeAll(async () => void (api = await world(create)));
  afterAll(() => api[Symbol.asyncDispose]());

  test.each(reports)("$name answers its own documented example word for word", async ({ promise }) => {
    const { status, body } = await rest(api, api.key, addressOf(promise, promise.example.input));
    expect(status).toBe(200);
    expect(body).toStrictEqual(promise.example.output);
  });

  test.each(promised)("$name answers alike over REST and tRPC, and as its contract says", async ({ name, promise }) => {
    const overRest = await rest(api, api.key, addressOf(promise, promise.example.input));
    const overTrpc = await trpc(api, api.key, name, promise.example.input);
    expect(overTrpc.status).toBe(200);
    expect(overTrpc.body).toStrictEqual(overRest.body);
    expect(promise.output.parse(overRest.body)).toStrictEqual(overRest.body);
  });

  test.each(promised)("$name says that its answers are private and names its request", async ({ promise }) => {
    const { headers } = await rest(api, api.key, addressOf(promise, promise.example.input), {
      headers: { "X-Request-Id": "my-own-request-1" },
    });
    expect(headers.get("cache-control")).toContain("no-store");
    expect(headers.get("x-request-id")).toBe("my-own-request-1");
    const { headers: fresh } = await rest(api, api.key, addressOf(promise, promise.example.input), {
      headers: { "X-Request-Id": "bad id\t!" },
    });
    expect(fresh.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
  });
});
