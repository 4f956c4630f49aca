import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { openapiFetchWalk, orvalWalk } from "../support/generated-client-programs.ts";
import { ingestOrFail, startHarness, type Harness, type Tenant } from "../support/harness.ts";
import { lists } from "../support/http.ts";
import { expectToCompile, installed, linkPackages, packageCommand, root, run } from "../support/packages.ts";
import { recordFor } from "../support/record-factory.ts";

const document = join(root, "packages/router/openapi.json");

const generators = [
  {
    name: "openapi-typescript with openapi-fetch",
    walk: openapiFetchWalk,
    generate: async (folder: string) =>
      packageCommand(
        "openapi-typescript",
        await installed("openapi-typescript"),
        [document, "--output", "generated.ts"],
        folder,
      ),
  },
  {
    name: "orval",
    walk: orvalWalk,
    generate: async (folder: string, url: string) => {
      await writeFile(
        join(folder, "orval.config.mjs"),
        `export default { moja: { input: ${JSON.stringify(document)}, output: { target: "generated.ts", client: "fetch", baseUrl: ${JSON.stringify(url)} } } };`,
      );
      return packageCommand("orval", await installed("orval"), ["--config", "orval.config.mjs"], folder);
    },
  },
];

const rowsOfEach = 50;

describe("a client that a partner generates", () => {
  let api: Harness;
  let tenant: Tenant;
  beforeAll(async () => {
    api = await startHarness();
    tenant = await api.tenant();
    for (const { contract } of lists)
      await ingestOrFail(
        tenant,
        Array.from({ length: rowsOfEach }, (_, index) =>
          recordFor(contract, idOf(contract.path, index), Date.UTC(2026, 4, 4, 12, 0, Math.floor(index / 3))),
        ),
      );
  });
  afterAll(() => api[Symbol.asyncDispose]());

  test.each(generators)(
    "with $name compiles strictly, has no any, and walks every row of every list exactly once",
    async ({ generate, walk }) => {
      const folder = await mkdtemp(join(inject("tests_folder"), "client-"));
      await linkPackages(folder, ["openapi-fetch", "@types/node"]);
      await generate(folder, api.url);
      const generated = await readFile(join(folder, "generated.ts"), "utf8");
      expect(generated.replaceAll(/\/\*.*?\*\//gs, "")).not.toMatch(/@ts-(nocheck|ignore)|(:|as|<) ?any\b/);
      await writeFile(join(folder, "walk.ts"), walk);
      await writeFile(join(folder, "package.json"), '{ "type": "module" }');
      const { compilerOptions } = JSON.parse(await readFile(join(root, "tsconfig.base.json"), "utf8")) as {
        compilerOptions: object;
      };
      const strict = {
        ...compilerOptions,
        noEmit: true,
        composite: false,
        declaration: false,
        sourceMap: false,
        rewriteRelativeImportExtensions: false,
        allowImportingTsExtensions: true,
        lib: ["es2024", "dom", "dom.iterable"],
      };
      await writeFile(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions: strict, include: ["*.ts"] }));
      await expectToCompile(folder);
      const { stdout } = await run(process.execPath, ["walk.ts", api.url, tenant.key], { cwd: folder });
      const all = Object.fromEntries(
        lists.map(({ contract }) => [
          contract.path,
          Array.from({ length: rowsOfEach }, (_, index) => idOf(contract.path, index)),
        ]),
      );
      expect(JSON.parse(stdout)).toStrictEqual(all);
    },
    120_000,
  );
});

/** Ids in the order of their rows, three of which share each second. */
function idOf(path: string, index: number): string {
  return `${path.replaceAll("/", ".")}:${String(index).padStart(3, "0")}`;
}
