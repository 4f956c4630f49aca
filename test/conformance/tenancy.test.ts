import { exampleRecords } from "@moja/contracts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { databases } from "../support/databases.ts";
import { accepted, world, type Tenant, type World } from "../support/harness.ts";
import { addressOf, lists, reports, rest, summaries, trpc } from "../support/http.ts";

describe.each(databases)("on $name", ({ create }) => {
  let api: World;
  let stranger: Tenant;
  beforeAll(async () => {
    api = await world(create);
    stranger = await api.tenant();
  });
  afterAll(() => api[Symbol.asyncDispose]());

  test.each(lists)("$name: the owner sees the row, and the stranger does not", async ({ name, promise }) => {
    const path = addressOf(promise, promise.example.input);
    expect((await rest(api, api.key, path)).body.data).toHaveLength(1);
    expect((await rest(api, stranger.key, path)).body.data).toStrictEqual([]);
    expect((await trpc(api, stranger.key, name, promise.example.input)).body.data).toStrictEqual([]);
  });

  test.each(summaries)("$name: the owner's rows are counted, and the stranger's are not", async ({ name, promise }) => {
    const path = addressOf(promise, promise.example.input);
    const [count] = Object.keys(promise.measures) as [string];
    expect((await rest(api, api.key, path)).body.totals[count]).toBeGreaterThan(0);
    const { body } = await rest(api, stranger.key, path);
    expect([body.data, body.totals[count]]).toStrictEqual([[], 0]);
    expect((await trpc(api, stranger.key, name, promise.example.input)).body).toStrictEqual(body);
  });

  test.each(reports)("$name: two organizations with the same ids see their own alone", async ({ promise }) => {
    const twin = await api.tenant();
    await accepted(
      twin,
      exampleRecords.map((each) => ({
        ...each,
        ...("publisher_name" in each && { publisher_name: "Twin" }),
        ...("message" in each && { message: "Twin" }),
      })),
    );
    const path = addressOf(promise, promise.example.input);
    expect((await rest(api, api.key, path)).body).toStrictEqual(promise.example.output);
    expect(JSON.stringify((await rest(api, twin.key, path)).body)).not.toContain("Northwind Media");
  });

  test.each(lists)("$name: no single filter opens the wall", async ({ promise }) => {
    const [row] = promise.example.output.data as Record<string, unknown>[];
    const { from, to } = promise.example.input;
    for (const [name, { column, test: how }] of Object.entries(promise.filters)) {
      const value = row?.[column];
      if (value === null || value === undefined || how !== "any_of" || column === "reason") continue;
      const path = addressOf(promise, { from, to, [name]: [value] });
      expect((await rest(api, api.key, path)).body.data, name).not.toStrictEqual([]);
      expect((await rest(api, stranger.key, path)).body.data, name).toStrictEqual([]);
    }
  });

  test.each(reports.filter(({ promise }) => promise.path.includes("{")))(
    "$name: another organization's id is word for word the same as one that never was",
    async ({ promise }) => {
      const [id] = Object.keys(promise.example.input);
      const owned = await rest(api, api.key, addressOf(promise, promise.example.input));
      expect(owned.status).toBe(200);
      const foreign = await rest(api, stranger.key, addressOf(promise, promise.example.input));
      const never = await rest(api, stranger.key, addressOf(promise, { [String(id)]: "never-was" }));
      expect(foreign.status).toBe(404);
      expect({ ...foreign.body, request_id: "" }).toStrictEqual({ ...never.body, request_id: "" });
    },
  );
});
