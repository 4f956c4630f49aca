import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startHarness, type Harness } from "../support/harness.ts";
import { lists, pathFor, procedures } from "../support/http.ts";
import { document } from "../support/openapi-document.ts";
import { prismProxyFor, violations } from "../partners/prism.ts";

type Parameter = { name: string; in: string; example?: unknown; schema: { examples?: unknown[] } };

/** The quick part of it; `npm run test:prism` sends the REST requests of all the laws through Prism. */
describe("through Stoplight Prism, which validates requests and answers by the document,", () => {
  let api: Harness;
  let url: string;
  beforeAll(async () => {
    api = await startHarness();
    url = await prismProxyFor(api.url);
  });
  afterAll(() => api[Symbol.asyncDispose]());

  const ask = async (path: string, key: string | undefined = api.key) => {
    const response = await fetch(url + path, { headers: { "X-API-Key": key } });
    expect(violations(response), path).toStrictEqual([]);
    return { status: response.status, body: await response.json() };
  };

  test.each(procedures)(
    "$name answers its example and refuses a wrong key without a violation",
    async ({ contract }) => {
      const path = pathFor(contract, contract.example.input);
      const { status, body } = await ask(path);
      expect(status).toBe(200);
      if (contract.path !== "/v1/me") expect(body).toStrictEqual(contract.example.output);
      expect(await ask(path, "wrong")).toMatchObject({ status: 401, body: { code: "invalid_api_key" } });
      if (contract.path.includes("{"))
        expect(await ask(contract.path.replace(/\{\w+\}/, "nobody"))).toMatchObject({
          status: 404,
          body: { code: "not_found" },
        });
    },
  );

  test.each(lists)(
    "$name takes every documented example of a parameter without a violation, and refuses what is wrong",
    async ({ contract }) => {
      const parameters = (document.paths[contract.path]?.get?.parameters ?? []) as Parameter[];
      const examples = parameters
        .map(({ name, example, schema }) => [name, example ?? schema.examples?.[0]] as const)
        .filter(([name, value]) => value !== undefined && name !== "cursor" && name !== "to");
      expect(examples.length).toBeGreaterThan(5);
      for (const [name, value] of examples)
        expect((await ask(pathFor(contract, { [name]: value }))).status, name).toBe(200);
      for (const [name, value] of [
        ["limit", 0],
        ["order", "up"],
        ["from", "yesterday"],
        ["cursor", "x"],
        ["lmit", 1],
      ] as const)
        expect((await ask(pathFor(contract, { [name]: value }))).status, name).toBe(400);
    },
  );
});
