import { createKey } from "@moja/store";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { addressOf, reports, rest, trpc } from "../support/ask.ts";
import { world, type World } from "../support/world.ts";

describe("a key without pii:read", () => {
  let api: World;
  let key: string;
  beforeAll(async () => {
    api = await world();
    key = await createKey(api.database, { organization_id: "org_1", name: "no personal data", scopes: ["reports:read"] });
  });
  afterAll(() => api[Symbol.asyncDispose]());

  test.each(reports)("sees no caller's number, postal code or body in $name", async ({ name, promise }) => {
    const { status, body } = await rest(api, key, addressOf(promise, promise.example.input));
    expect(status).toBe(200);
    expect(promise.output.parse(body)).toStrictEqual(body);
    const text = JSON.stringify(body);
    const allowed = name.endsWith("timeline") || name.endsWith("lifeLog");
    if (!allowed) expect(text).not.toContain("3105550142");
    expect(text).not.toContain("90012");
    expect(text).not.toContain('"call_log_id\\":');
    expect((await trpc(api, key, name, promise.example.input)).body).toStrictEqual(body);
  });

  test("is told which scope it lacks when it filters by a caller's number", async () => {
    const { status, body } = await rest(api, key, "/v1/call-logs?caller_id=%2B13105550142");
    expect(`${status} ${body.code}`).toBe("403 missing_scope");
    expect(body.detail).toContain("Filtering by `caller_id` needs the scope `pii:read`");
  });
});
