import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { world, type World } from "../support/harness.ts";
import { addressOf, lists, promised } from "../support/http.ts";
import { document } from "../support/openapi-document.ts";
import { behindPrism, violations } from "../support/prism.ts";

type Parameter = { name: string; in: string; example?: unknown; schema: { examples?: unknown[] } };

/** The quick part of it; `npm run test:prism` sends the REST requests of all the laws through Prism. */
describe("through Stoplight Prism, which validates requests and answers by the document,", () => {
  let api: World;
  let url: string;
  beforeAll(async () => {
    api = await world();
    url = await behindPrism(api.url);
  });
  afterAll(() => api[Symbol.asyncDispose]());

  const ask = async (path: string, key: string | undefined = api.key) => {
    const response = await fetch(url + path, { headers: { "X-API-Key": key } });
    expect(violations(response), path).toStrictEqual([]);
    return { status: response.status, body: await response.json() };
  };

  test.each(promised)("$name answers its example and refuses a wrong key without a violation", async ({ promise }) => {
    const path = addressOf(promise, promise.example.input);
    const { status, body } = await ask(path);
    expect(status).toBe(200);
    if (promise.path !== "/v1/me") expect(body).toStrictEqual(promise.example.output);
    expect(await ask(path, "wrong")).toMatchObject({ status: 401, body: { code: "invalid_api_key" } });
    if (promise.path.includes("{"))
      expect(await ask(promise.path.replace(/\{\w+\}/, "nobody"))).toMatchObject({
        status: 404,
        body: { code: "not_found" },
      });
  });

  test.each(lists)(
    "$name takes every documented example of a parameter without a violation, and refuses what is wrong",
    async ({ promise }) => {
      const parameters = (document.paths[promise.path]?.get?.parameters ?? []) as Parameter[];
      const examples = parameters
        .map(({ name, example, schema }) => [name, example ?? schema.examples?.[0]] as const)
        .filter(([name, value]) => value !== undefined && name !== "cursor" && name !== "to");
      expect(examples.length).toBeGreaterThan(5);
      for (const [name, value] of examples)
        expect((await ask(addressOf(promise, { [name]: value }))).status, name).toBe(200);
      for (const [name, value] of [
        ["limit", 0],
        ["order", "up"],
        ["from", "yesterday"],
        ["cursor", "x"],
        ["lmit", 1],
      ] as const)
        expect((await ask(addressOf(promise, { [name]: value }))).status, name).toBe(400);
    },
  );
});
