import { setTimeout } from "node:timers/promises";
import { createKey } from "@moja/store";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { databases } from "../support/databases.ts";
import { startHarness, type Harness } from "../support/harness.ts";
import { pathFor, procedures, rest } from "../support/http.ts";

let api: Harness;
beforeAll(async () => void (api = await startHarness(databases[0].create)));
afterAll(() => api[Symbol.asyncDispose]());

test.each(procedures)("$name prepares each of its SQLite statements once", async ({ contract }) => {
  const ask = () => rest(api, api.key, pathFor(contract, contract.example.input));
  await ask();
  await ask();
  // The driver compiles a function for the rows of a statement each time that SQLite has prepared it.
  const compiled = vi.fn<(sources: unknown[]) => void>();
  const original = globalThis.Function;
  globalThis.Function = new Proxy(original, {
    apply: (target, self, sources: string[]) => {
      compiled(sources);
      return Reflect.apply(target, self, sources);
    },
  });
  const { status } = await ask().finally(() => void (globalThis.Function = original));
  expect(status).toBe(200);
  expect(compiled).not.toHaveBeenCalled();
});

test("no request sees what a transaction has written and not committed", async () => {
  const { organization_id } = await api.tenant();
  const transaction = await api.database.transaction();
  const key = await createKey(transaction, { organization_id, name: "undone", scopes: ["reports:read"] });
  const asked = rest(api, key, "/v1/me");
  await setTimeout(50);
  await transaction.rollback();
  expect((await asked).status).toBe(401);
});
