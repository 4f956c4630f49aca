import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import pg from "pg";
import { expect, inject, test } from "vitest";

/** Runs the suite's settings on fixtures, with the PostgreSQL that it starts itself or another one. */
function run(fixtures: string, given: Record<string, string> = {}): Promise<{ code: number; written: string }> {
  const vitest = new URL("../../node_modules/vitest/vitest.mjs", import.meta.url).pathname;
  const { TEST_POSTGRES_URL: _, TEST_SEED: __, ...env } = process.env;
  const config = new URL("vitest.config.ts", import.meta.url).pathname;
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [vitest, "run", "--config", config],
      { env: { ...env, FIXTURE: fixtures, NO_COLOR: "1", ...given } },
      (_error, out, err) => resolve({ code: child.exitCode ?? -1, written: out + err }),
    );
  });
}

test("a failed test and a stray console line turn the suite red, and nothing else does", async () => {
  expect((await run("silent")).code).toBe(0);
  expect((await run("failing")).code).toBe(1);
  const later = await run("silent,stray");
  expect([later.code, later.written], "also in a worker that has run another file").toStrictEqual([
    1,
    expect.stringContaining("stray console lines"),
  ]);
});

test("a random test draws from a new seed on each run, and its failure is repeated by the command that it names", async () => {
  const shared = { TEST_POSTGRES_URL: inject("postgres_url") };
  const random = async (given: Record<string, string> = {}) => {
    const { code, written } = await run("random", { ...shared, ...given });
    const seeds = [...written.matchAll(/TEST_SEED=(-?\d+)$/gm)].map(([, seed]) => String(seed));
    const [, named] =
      /Run it again: TEST_SEED=(-?\d+) npm test -- test\/suite\/random\.fixture\.ts/.exec(written) ?? [];
    expect([code, seeds.length, new Set([...seeds, named]).size], written).toStrictEqual([1, 2, 1]);
    return { seed: String(named), drawn: /drawn -?\d+, then -?\d+\./.exec(written)?.[0] };
  };
  const [first, second] = await Promise.all([random(), random()]);
  expect(second.seed).not.toBe(first.seed);
  expect(second.drawn).not.toBe(first.drawn);
  expect(await random({ TEST_SEED: first.seed })).toStrictEqual(first);
}, 120_000);

test("no random test keeps to a seed of its own", async () => {
  const folder = new URL("../", import.meta.url);
  const files = (await readdir(folder, { recursive: true })).filter((file) => /^(?!partners).*\.ts$/.test(file));
  expect(files.length).toBeGreaterThan(50);
  for (const file of files.filter((each) => !["support/seed.ts", "suite/suite.test.ts"].includes(each)))
    expect(await readFile(new URL(file, folder), "utf8"), file).not.toMatch(
      /\bseed: [\d_]|Math\.random\(|configureGlobal/,
    );
});

test("a test that fails before its clean-up leaves no process and no database, and does not hold up the end of its file", async () => {
  const { code, written } = await run("silent,leaving", { TEST_POSTGRES_URL: inject("postgres_url") });
  const [, pid, name] = /left (\d+) and (\w+)\./.exec(written) ?? [];
  expect([code, written.includes("Hook timed out"), written.match(/Failed Suites|Unhandled/)]).toStrictEqual([
    1,
    false,
    null,
  ]);
  expect(() => process.kill(Number(pid), 0)).toThrow("ESRCH");
  const client = new pg.Client({ connectionString: inject("postgres_url") });
  await client.connect();
  const { rows } = await client.query("select datname from pg_database where datname = $1", [name]);
  await client.end();
  expect(rows).toStrictEqual([]);
}, 120_000);
