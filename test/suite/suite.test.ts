import { execFile } from "node:child_process";
import { expect, test } from "vitest";

/** Runs the suite's settings, with the PostgreSQL that it starts itself, on one fixture; answers its exit code. */
function exitCodeOf(fixture: string): Promise<number> {
  const vitest = new URL("../../node_modules/vitest/vitest.mjs", import.meta.url).pathname;
  const { TEST_POSTGRES_URL: _, ...env } = process.env;
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [vitest, "run", "--config", new URL("vitest.config.ts", import.meta.url).pathname],
      { env: { ...env, FIXTURE: fixture } },
    );
    child.once("close", (code) => resolve(code ?? -1));
  });
}

test("a failed test and a stray console line turn the suite red, and nothing else does", async () => {
  expect(await exitCodeOf("silent")).toBe(0);
  expect(await exitCodeOf("failing")).toBe(1);
  expect(await exitCodeOf("stray")).toBe(1);
});
