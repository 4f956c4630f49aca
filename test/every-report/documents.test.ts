import { refusals } from "@moja/contracts";
import { openApiDocument } from "@moja/router";
import { describe, expect, test } from "vitest";
import { promised, rest } from "../support/ask.ts";
import { document } from "../support/document.ts";
import { world } from "../support/world.ts";

describe("the document that partners hold", () => {
  test("is committed as the contracts say: `npm run openapi` writes it", () => {
    expect(document).toStrictEqual(JSON.parse(JSON.stringify(openApiDocument())));
  });

  test("is served, and promises every report and nothing else", async () => {
    await using api = await world();
    const { body } = await rest(api, undefined, "/openapi.json");
    expect(body).toStrictEqual(document);
    expect(Object.keys(document.paths).toSorted()).toStrictEqual([...promised.map(({ promise }) => promise.path), "/v1/ingest"].toSorted());
  });

  test.each(promised)("$name is described with all its parameters, its example and its refusals", ({ promise }) => {
    const operation = document.paths[promise.path]?.get;
    expect(Object.keys(promise.input.shape).toSorted()).toStrictEqual((operation?.parameters ?? []).map(({ name }) => name).toSorted());
    for (const parameter of operation?.parameters ?? []) expect(parameter.description, parameter.name).toMatch(/\.$/);
    expect(operation?.responses["200"]?.content?.["application/json"]).toMatchObject({ example: promise.example.output });
    expect(Object.keys(operation?.responses ?? {})).toEqual(expect.arrayContaining(["200", "400", "401", "429", "500", "503"]));
  });

  test("every field of every schema has a title and a description", () => {
    const bare: string[] = [];
    const visit = (name: string, schema: any) => {
      for (const [field, property] of Object.entries<any>(schema.properties ?? {})) {
        if (!property.$ref && (!property.title || !property.description)) bare.push(`${name}.${field}`);
        visit(`${name}.${field}`, property);
        visit(`${name}.${field}`, property.items ?? {});
      }
    };
    for (const [name, schema] of Object.entries(document.components.schemas)) visit(name, schema);
    expect(bare).toStrictEqual([]);
  });

  test("every refusal's type leads to its place on the page of errors", async () => {
    await using api = await world();
    const page = await (await fetch(`${api.url}/docs/errors`)).text();
    for (const code of Object.keys(refusals)) expect(page).toContain(`id="${code}"`);
  });
});
