import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startHarness, type Harness } from "../support/harness.ts";
import { lists, pathFor, procedures, rest, trpc } from "../support/http.ts";

/** Before and after the first REST call, because the REST adapter changes schemas that both transports share. */
describe.each([{ first: "tRPC" }, { first: "REST" }])("with $first asked first", ({ first }) => {
  let api: Harness;
  beforeAll(async () => {
    api = await startHarness();
    if (first === "REST")
      for (const { contract } of procedures) await rest(api, api.key, pathFor(contract, contract.example.input));
  });
  afterAll(() => api[Symbol.asyncDispose]());

  test.each(lists)("$name over tRPC takes no null, true or list for a number", async ({ name }) => {
    for (const limit of [null, true, [5], {}, "five", ""])
      expect((await trpc(api, api.key, name, { limit })).body.issues?.[0]?.path, JSON.stringify(limit)).toBe("limit");
    expect((await trpc(api, api.key, name, { limit: 5 })).body.applied.limit).toBe(5);
  });

  test.each(lists)("$name over REST takes numbers as numbers", async ({ contract }) => {
    expect((await rest(api, api.key, `${contract.path}?limit=5`)).body.applied.limit).toBe(5);
    const [range] = Object.entries(contract.filters).find(([, { operator: how }]) => how === "at_most") ?? [];
    if (range)
      expect((await rest(api, api.key, `${contract.path}?${range}=0`)).body.applied.filters).toStrictEqual({
        [range]: 0,
      });
  });
});

describe("every path", () => {
  let api: Harness;
  beforeAll(async () => void (api = await startHarness()));
  afterAll(() => api[Symbol.asyncDispose]());

  test.each(procedures)(
    "of $name answers HEAD like GET, lists its methods, and refuses others",
    async ({ contract }) => {
      const path = pathFor(contract, contract.example.input);
      const get = await rest(api, api.key, path);
      const head = await rest(api, api.key, path, { method: "HEAD" });
      expect([head.status, head.headers.get("content-type"), head.headers.get("link"), head.body]).toStrictEqual([
        200,
        get.headers.get("content-type"),
        get.headers.get("link"),
        undefined,
      ]);
      const options = await rest(api, api.key, path, { method: "OPTIONS" });
      expect([options.status, options.headers.get("allow")]).toStrictEqual([204, "GET, HEAD, OPTIONS"]);
      for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
        const refused = await rest(api, api.key, path, { method });
        expect([
          refused.status,
          refused.body.code,
          refused.headers.get("allow"),
          refused.headers.get("content-type"),
        ]).toStrictEqual([405, "method_not_allowed", "GET, HEAD, OPTIONS", "application/problem+json"]);
      }
    },
  );

  test.each(procedures.filter(({ contract }) => contract.path.includes("{")))(
    "of $name takes percent-encoded ids, refuses what is no id, and no parameters",
    async ({ contract }) => {
      const [[name, id]] = Object.entries(contract.example.input) as [[string, string]];
      const encoded = pathFor(contract, { [name]: id }).replace(
        id,
        [...id].map((letter) => `%${letter.charCodeAt(0).toString(16)}`).join(""),
      );
      expect((await rest(api, api.key, encoded)).body).toStrictEqual(contract.example.output);
      for (const bad of ["a%2Fb", "a%20b", "x".repeat(129), "%C3%A9"]) {
        const { status, body } = await rest(api, api.key, pathFor(contract, { [name]: "ID" }).replace("ID", bad));
        expect([status, body.issues[0]?.path], bad).toStrictEqual([400, name]);
      }
      expect(
        (await rest(api, api.key, `${pathFor(contract, { [name]: id })}?${name}=other`)).body.issues,
      ).toStrictEqual([{ path: name, message: "belongs in the path, not in the query" }]);
      expect((await rest(api, api.key, `${pathFor(contract, { [name]: id })}?extra=1`)).body.issues[0].path).toBe(
        "extra",
      );
    },
  );

  test.each(procedures)("of $name refuses parameters named like what every object has", async ({ contract }) => {
    const path = pathFor(contract, contract.example.input);
    for (const name of ["constructor", "toString", "hasOwnProperty", "valueOf", "__proto__"]) {
      const { status, body } = await rest(api, api.key, `${path}${path.includes("?") ? "&" : "?"}${name}=1`);
      expect([status, body.issues?.map((issue: { path: string }) => issue.path)]).toStrictEqual([400, [name]]);
    }
  });

  test("that does not exist, or is malformed, is refused with a problem body", async () => {
    expect((await rest(api, api.key, "/v1/nothing")).body).toMatchObject({
      status: 404,
      code: "not_found",
      detail: "There is nothing at /v1/nothing. The documentation is at /docs.",
    });
    expect((await rest(api, api.key, "/v1/call-logs/%zz")).body).toMatchObject({
      status: 400,
      code: "invalid_request",
    });
    expect((await trpc(api, api.key, "callLogs.nothing")).body).toMatchObject({ status: 404, code: "not_found" });
    expect((await trpc(api, api.key, "callLogs.list,inboundRtb.list")).status).toBe(404);
  });
});
