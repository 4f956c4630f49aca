import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, inject, test } from "vitest";
import { blocksOf, root } from "../support/markdown.ts";
import { copyTree, stepsOf, takeStep, undoStep } from "../support/tree-copy.ts";

const run = promisify(execFile);
const steps = stepsOf(blocksOf(readFileSync(join(root, "CONTRIBUTING.md"), "utf8")));
const paths = steps.map(({ path }) => path);
const stepOf = (ending: string) => steps.find(({ path }) => path.endsWith(ending))!;

/** Everything but continuous integration's own variable, which refuses a run without PostgreSQL. */
const { CI: _, ...inherited } = process.env;
const env = { ...inherited, NO_COLOR: "1", TEST_DATABASES: "sqlite" };

/** The sources and tests as one program without output: several times faster than one program for each package. */
const everything = ["packages/*/src", "packages/*/scripts", "apps/*/src", "test", "vitest.config.ts"];

describe("the recipe for a new report in CONTRIBUTING.md", () => {
  const folder = join(inject("tests_folder"), "recipe");
  beforeAll(() => copyTree(folder));

  /** Runs a program of the copy; what it wrote, and whether it succeeded. */
  async function ran(program: string, ...args: string[]): Promise<{ ok: boolean; out: string }> {
    const options = { cwd: folder, env, maxBuffer: 2 ** 26 };
    const file = program === "node" ? process.execPath : join(folder, "node_modules/.bin", program);
    const { stdout, stderr, ok } = await run(file, args, options).then(
      (done) => ({ ...done, ok: true }),
      (failed: { stdout: string; stderr: string }) => ({ ...failed, ok: false }),
    );
    return { ok, out: stdout + stderr };
  }

  async function typesOf(include: string[]) {
    const config = { extends: "./tsconfig.json", references: [], include };
    await writeFile(join(folder, "tsconfig.recipe.json"), JSON.stringify(config));
    return ran("tsc", "--noEmit", "-p", "tsconfig.recipe.json");
  }

  const node = (script: string, ...args: string[]) => ran("node", "--conditions=moja-source", script, ...args);

  const conformance = (files: string) =>
    ran("vitest", "run", files, "-t", "blockedCallers|blocked[-_]caller", "--reporter=dot", "--maxWorkers=1");

  /** Takes all steps but one; what other tests have changed is as it was before. */
  function takeSteps(except?: string): void {
    for (const step of steps) undoStep(folder, step);
    for (const step of steps) if (step.path !== except) takeStep(folder, step);
  }

  test("takes six files at most, none with more than 40 lines", () => {
    expect(paths.length).toBeGreaterThan(3);
    expect(paths.length).toBeLessThanOrEqual(6);
    for (const { path, blocks } of steps) {
      const lines = blocks.flatMap(({ code }) => code.trimEnd().split("\n"));
      expect([path, lines.length <= 40]).toStrictEqual([path, true]);
    }
  });

  test("ends in a tree whose types, lint, format, document and conformance tests are green", async () => {
    takeSteps();
    const sources = paths.filter((path) => path.endsWith(".ts"));
    expect(await typesOf(everything)).toStrictEqual({ ok: true, out: "" });
    expect(await ran("oxlint", "--type-aware", ...sources)).toMatchObject({ ok: true });
    expect(await ran("oxfmt", "--check", ...sources)).toMatchObject({ ok: true });
    for (const script of ["test/partners/scripts/postman.ts", "packages/router/scripts/openapi.ts"]) {
      expect(await node(script, "--check"), "what is there is of before").toMatchObject({ ok: false });
      expect(await node(script)).toMatchObject({ ok: true });
      expect(await node(script, "--check")).toMatchObject({ ok: true });
    }
    const { ok, out } = await conformance("test/conformance/");
    expect(ok, out).toBe(true);
    expect(Number(/Tests +(\d+) passed/.exec(out)?.[1]), out).toBeGreaterThan(80);
  }, 600_000);

  test.each(["contracts.ts", "resolvers.ts"])(
    "does not compile without its step in %s",
    async (name) => {
      takeSteps(stepOf(`/${name}`).path);
      const { ok, out } = await typesOf(["packages/store/src"]);
      expect([ok, out]).toStrictEqual([false, expect.stringContaining("blockedCallers")]);
    },
    120_000,
  );

  test("is refused by the conformance tests without its migration", async () => {
    takeSteps(stepOf(".sql").path);
    const { ok, out } = await conformance("test/conformance/tenancy.test.ts");
    expect([ok, out]).toStrictEqual([false, expect.stringContaining("no such table: blocked_callers")]);
  }, 120_000);
});
