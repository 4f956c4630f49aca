import { exampleRecords } from "@moja/contracts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { databases } from "../support/databases.ts";
import { ingestOrFail, startHarness, type Harness, type Tenant } from "../support/harness.ts";
import { lists, pathFor, reports, rest, summaries, trpc } from "../support/http.ts";

describe.each(databases)("on $name", ({ create }) => {
  let api: Harness;
  let stranger: Tenant;
  beforeAll(async () => {
    api = await startHarness(create);
    stranger = await api.tenant();
  });
  afterAll(() => api[Symbol.asyncDispose]());

  test.each(lists)("$name: the owner sees the row, and the stranger does not", async ({ name, contract }) => {
    const path = pathFor(contract, contract.example.input);
    expect((await rest(api, api.key, path)).body.data).toHaveLength(1);
    expect((await rest(api, stranger.key, path)).body.data).toStrictEqual([]);
    expect((await trpc(api, stranger.key, name, contract.example.input)).body.data).toStrictEqual([]);
  });

  test.each(summaries)(
    "$name: the owner's rows are counted, and the stranger's are not",
    async ({ name, contract }) => {
      const path = pathFor(contract, contract.example.input);
      const [count] = Object.keys(contract.measures) as [string];
      expect((await rest(api, api.key, path)).body.totals[count]).toBeGreaterThan(0);
      const { body } = await rest(api, stranger.key, path);
      expect([body.data, body.totals[count]]).toStrictEqual([[], 0]);
      expect((await trpc(api, stranger.key, name, contract.example.input)).body).toStrictEqual(body);
    },
  );

  test.each(reports)("$name: two organizations with the same ids see their own alone", async ({ contract }) => {
    const twin = await api.tenant();
    await ingestOrFail(
      twin,
      exampleRecords.map((each) => ({
        ...each,
        ...("publisher_name" in each && { publisher_name: "Twin" }),
        ...("message" in each && { message: "Twin" }),
      })),
    );
    const path = pathFor(contract, contract.example.input);
    expect((await rest(api, api.key, path)).body).toStrictEqual(contract.example.output);
    expect(JSON.stringify((await rest(api, twin.key, path)).body)).not.toContain("Northwind Media");
  });

  test.each(lists)("$name: no single filter opens the wall", async ({ contract }) => {
    const [row] = contract.example.output.data as Record<string, unknown>[];
    const { from, to } = contract.example.input;
    for (const [name, { column, operator: how }] of Object.entries(contract.filters)) {
      const value = row?.[column];
      if (value === null || value === undefined || how !== "any_of" || column === "reason") continue;
      const path = pathFor(contract, { from, to, [name]: [value] });
      expect((await rest(api, api.key, path)).body.data, name).not.toStrictEqual([]);
      expect((await rest(api, stranger.key, path)).body.data, name).toStrictEqual([]);
    }
  });

  test.each(reports.filter(({ contract }) => contract.path.includes("{")))(
    "$name: another organization's id is word for word the same as one that never was",
    async ({ contract }) => {
      const [id] = Object.keys(contract.example.input);
      const owned = await rest(api, api.key, pathFor(contract, contract.example.input));
      expect(owned.status).toBe(200);
      const foreign = await rest(api, stranger.key, pathFor(contract, contract.example.input));
      const never = await rest(api, stranger.key, pathFor(contract, { [String(id)]: "never-was" }));
      expect(foreign.status).toBe(404);
      expect({ ...foreign.body, request_id: "" }).toStrictEqual({ ...never.body, request_id: "" });
    },
  );
});
