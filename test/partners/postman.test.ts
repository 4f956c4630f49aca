import { reportExports } from "@moja/contracts";
import newman, { type NewmanRunSummary } from "newman";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { ingestOrFail, startHarness, type Harness } from "../support/harness.ts";
import { lists, procedures } from "../support/http.ts";
import { validateResponse } from "../support/openapi-document.ts";
import { recordFor } from "../support/record-factory.ts";

vi.hoisted(() => {
  // Newman's own code uses what Node has deprecated, and Node would say so on stderr.
  process.noDeprecation = true;
});

describe("the Postman collection", () => {
  let api: Harness;
  let response: Response;
  let collection: any;
  beforeAll(async () => {
    api = await startHarness();
    response = await fetch(`${api.url}/postman.json`);
    collection = await response.json();
  });
  afterAll(() => api[Symbol.asyncDispose]());

  /** Everything that a partner may ask. */
  const partners = [
    ...procedures.map(({ name, contract }) => ({ name, path: contract.path })),
    ...Object.values(reportExports).map(({ path }) => ({ name: path, path })),
  ];

  /** Sends every request as it stands, with a key. */
  const sent = (apiKey: string) =>
    new Promise<NewmanRunSummary>((resolve, reject) => {
      newman.run({ collection, envVar: [{ key: "apiKey", value: apiKey }] }, (error, summary) =>
        error ? reject(error) : resolve(summary),
      );
    });
  const answersOf = ({ run }: NewmanRunSummary) =>
    run.executions.map((each) => ({
      method: each.request.method,
      path: each.request.url.getPathWithQuery(),
      status: each.response.code,
      headers: each.response.headers,
      body: each.response.headers.get("content-type")?.includes("json")
        ? JSON.parse(each.response.text() ?? "")
        : each.response.text(),
    }));

  test("is downloaded as a collection v2.1 of this server, with no key in it", () => {
    expect(response.headers.get("content-disposition")).toBe(
      "attachment; filename=moja-reporting-api.postman_collection.json",
    );
    expect(collection).toMatchObject({
      info: {
        name: "Moja Reporting API",
        schema: "https://schema.getpostman.com/json/collection/v2.1.0/collection.json",
      },
      auth: { type: "apikey" },
    });
    expect(collection.variable).toStrictEqual([
      { key: "baseUrl", value: api.url },
      { key: "apiKey", value: "" },
    ]);
  });

  test("asks for every report, and each request answers 200 as the document promises", async () => {
    const summary = await sent(api.key);
    expect(summary.run.failures).toStrictEqual([]);
    expect(summary.run.stats.assertions).toMatchObject({ total: 2 * partners.length, failed: 0 });
    const answers = answersOf(summary);
    const templated = ({ path }: { path: string }) =>
      partners.find((each) => new RegExp(`^${each.path.replace(/\{\w+\}/g, "[^/]+")}$`).test(path))?.name;
    expect(answers.map(templated).toSorted()).toStrictEqual(partners.map(({ name }) => name).toSorted());
    for (const { method, path, status, headers, body } of answers) {
      expect(status, path).toBe(200);
      validateResponse(
        method,
        path,
        new Response(null, { status, headers: { "content-type": String(headers.get("content-type")) } }),
        body,
      );
    }
  });

  test("sends no parameter that was not chosen, so that each list answers with what was recorded lately", async () => {
    const tenant = await api.tenant();
    await ingestOrFail(
      tenant,
      lists.map(({ contract }, index) => recordFor(contract, `lately_${index}`, Date.now() - 60_000)),
    );
    const answers = answersOf(await sent(tenant.key)).filter(({ path }) =>
      lists.some(({ contract }) => contract.path === path),
    );
    expect(answers.map(({ body }) => body.data.length)).toStrictEqual(lists.map(() => 1));
  });

  test("says so when a request is refused", async () => {
    const { run } = await sent("moja_none_none");
    expect(run.failures.map(({ error }) => error.name)).toStrictEqual(partners.map(() => "AssertionError"));
  });
});
