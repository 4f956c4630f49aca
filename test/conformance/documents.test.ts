import { consistencyHeader, errorCatalog, me, reportExports } from "@moja/contracts";
import { openApiDocument } from "@moja/router/openapi";
import { describe, expect, test } from "vitest";
import { startHarness } from "../support/harness.ts";
import { procedures, rest } from "../support/http.ts";
import { document } from "../support/openapi-document.ts";

describe("the document that partners hold", () => {
  test("is committed as the contracts say: `npm run openapi` writes it", () => {
    expect(document).toStrictEqual(JSON.parse(JSON.stringify(openApiDocument())));
  });

  test("is served, and holds every report and whatever else answers programs", async () => {
    await using api = await startHarness();
    const { body } = await rest(api, undefined, "/openapi.json");
    expect(body).toStrictEqual(document);
    expect(Object.keys(document.paths).toSorted()).toStrictEqual(
      [
        ...procedures.map(({ contract }) => contract.path),
        "/v1/ingest",
        ...Object.values(reportExports).map(({ path }) => path),
        "/livez",
        "/readyz",
        "/healthz",
        "/openapi.json",
        "/postman.json",
        "/llms.txt",
      ].toSorted(),
    );
  });

  test.each(procedures)("$name is described with all its parameters, its example and its refusals", ({ contract }) => {
    const operation = document.paths[contract.path]?.get;
    const headers = contract === me.get ? [] : [consistencyHeader];
    expect([...headers, ...Object.keys(contract.input.shape)].toSorted()).toStrictEqual(
      (operation?.parameters ?? []).map(({ name }) => name).toSorted(),
    );
    for (const parameter of operation?.parameters ?? []) expect(parameter.description, parameter.name).toMatch(/\.$/);
    expect(operation?.responses["200"]?.content?.["application/json"]).toMatchObject({
      example: contract.example.output,
    });
    expect(Object.keys(operation?.responses ?? {})).toEqual(
      expect.arrayContaining(["200", "400", "401", "429", "500", "503"]),
    );
  });

  test.each(Object.values(reportExports))(
    "$path is described like its list, with the parameters of its own and its forms",
    ({ path, input, list }) => {
      const operation = document.paths[path]?.get;
      expect((operation?.parameters ?? []).map(({ name }) => name)).toStrictEqual([
        consistencyHeader,
        ...Object.keys(input.shape),
      ]);
      for (const parameter of operation?.parameters ?? []) expect(parameter.description, parameter.name).toMatch(/\.$/);
      expect(Object.keys(operation?.responses["200"]?.content ?? {})).toStrictEqual([
        "text/csv",
        "application/x-ndjson",
        "application/json",
      ]);
      expect({ ...operation?.responses, "200": 0, "400": 0 }).toStrictEqual({
        ...document.paths[list.path]?.get?.responses,
        "200": 0,
        "400": 0,
      });
    },
  );

  test("every operation is described, and every group of operations is used and described", () => {
    const operations = Object.values(document.paths).flatMap((path) => Object.values(path));
    for (const { operationId, summary, description, tags } of operations) {
      expect(summary, operationId).toMatch(/^[A-Z].*[^.]$/);
      expect(description, operationId).toMatch(/[.?]$/);
      expect(tags, operationId).toHaveLength(1);
    }
    expect(new Set(operations.flatMap(({ tags }) => tags))).toStrictEqual(
      new Set(document.tags.map(({ name }) => name)),
    );
    for (const { name, description } of document.tags) expect(description, name).toMatch(/\.$/);
  });

  test("every field of every schema has a title, a description, its unit and an example", () => {
    const units: [RegExp, string][] = [
      [/_ms$/, "(ms)"],
      [/_seconds$/, "(s)"],
      [/_bytes$/, "(bytes)"],
      [
        /^(cost|profit|payout|revenue_paid_out|publisher_paid_out|best_payout|\w+_bid|bid_amount|cost_per_min)$/,
        "(USD)",
      ],
    ];
    const lacking: string[] = [];
    for (const [name, schema] of Object.entries<any>(document.components.schemas)) {
      if (!schema.title || !schema.description) lacking.push(name);
      for (const [field, { $ref, title, description, examples, items, anyOf, ...property }] of Object.entries<any>(
        schema.properties ?? {},
      )) {
        const named = [{ $ref }, items ?? {}, ...(anyOf ?? [])].some((each) => each.$ref);
        if (!$ref && (!title || !description)) lacking.push(`${name}.${field}`);
        if (!named && !examples && property.const === undefined) lacking.push(`${name}.${field} has no example`);
        for (const [pattern, unit] of units)
          if (pattern.test(field) && !title.endsWith(unit)) lacking.push(`${name}.${field} ${unit}`);
      }
    }
    expect(lacking).toStrictEqual([]);
  });

  test("no object is copied into another schema or a body: each is named, once", () => {
    const copies: string[] = [];
    const visit = (at: string, node: any, isNamed: boolean) => {
      if (typeof node !== "object" || node === null) return;
      if (node.properties && !isNamed) copies.push(at);
      for (const [key, inner] of Object.entries<any>(node))
        if (!["example", "examples"].includes(key))
          visit(`${at}/${key}`, inner, at === "/components/schemas" || (key === "properties" && !isNamed));
    };
    visit("", { paths: document.paths, components: document.components }, true);
    const texts = Object.values(document.components.schemas).map((schema) =>
      JSON.stringify({ ...schema, title: "", description: "" }),
    );
    expect({ copies, twice: texts.filter((text, index) => texts.indexOf(text) !== index) }).toStrictEqual({
      copies: [],
      twice: [],
    });
  });

  test("every refusal's type leads to its place on the page of errors", async () => {
    await using api = await startHarness();
    const page = await (await fetch(`${api.url}/docs/errors`)).text();
    for (const code of Object.keys(errorCatalog)) expect(page).toContain(`id="${code}"`);
  });
});
