import { createServer } from "node:http";
import { beforeAll, expect, test } from "vitest";
import { databases } from "../support/databases.ts";
import { startHarness, type Harness } from "../support/harness.ts";
import { start } from "../support/processes.ts";

let api: Harness;
beforeAll(async () => void (api = await startHarness(databases[1].create)));

test("fails before it has closed anything", async () => {
  const transaction = await api.database.transaction();
  await transaction("organizations").forUpdate();
  createServer().listen(0, "127.0.0.1");
  const server = start("main.ts", [], { DATABASE_URL: api.database_url, PORT: "0", SHUTDOWN_TIMEOUT_MS: "600000" });
  await server.listening();
  expect(`left ${server.child.pid} and ${new URL(api.database_url).pathname.slice(1)}.`).toBe("");
});
