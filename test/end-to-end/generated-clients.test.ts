import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, realpath, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { openapiFetchWalk, orvalWalk } from "../support/generated-client-programs.ts";
import { ingestOrFail, startHarness, type Harness, type Tenant } from "../support/harness.ts";
import { lists } from "../support/http.ts";
import { recordFor } from "../support/record-factory.ts";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../../", import.meta.url));
const document = join(root, "packages/router/openapi.json");
const require = createRequire(import.meta.url);

/** Runs a package's command; it fails as the command does, with what it said. */
const command = (name: string, from: string, args: string[], cwd: string) => {
  const { bin } = require(join(from, "package.json")) as { bin: string | Record<string, string> };
  return run(process.execPath, [join(from, typeof bin === "string" ? bin : String(bin[name])), ...args], {
    cwd,
    env: { PATH: process.env["PATH"] ?? "" },
  });
};

/** Where a package is, as this folder sees it. */
const installed = async (name: string) => {
  for (const folder of [join(root, "test/partners"), root]) {
    const found = await realpath(join(folder, "node_modules", name)).catch(() => undefined);
    if (found) return found;
  }
  throw new Error(`${name} is not installed`);
};

const generators = [
  {
    name: "openapi-typescript with openapi-fetch",
    walk: openapiFetchWalk,
    generate: async (folder: string) =>
      command(
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
      return command("orval", await installed("orval"), ["--config", "orval.config.mjs"], folder);
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
      await mkdir(join(folder, "node_modules"));
      for (const name of ["openapi-fetch", "@types/node"]) {
        const link = join(folder, "node_modules", name);
        await mkdir(dirname(link), { recursive: true });
        await symlink(await installed(name), link);
      }
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
      for (const typescript of [
        join(root, "node_modules/typescript"),
        join(root, "test/partners/node_modules/typescript"),
      ])
        await compiles(typescript, folder);
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

async function compiles(typescript: string, folder: string): Promise<void> {
  const said = await command("tsc", typescript, ["-p", "."], folder).then(
    () => "",
    (error: { stdout?: string }) => error.stdout ?? String(error),
  );
  expect(said).toBe("");
}
