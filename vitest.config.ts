import { globSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { LongestFirst } from "./test/support/longest-first.ts";

// Vitest's workers, and the worker threads of the tests' servers, start sooner from what was compiled before.
process.env["NODE_COMPILE_CACHE"] ??= fileURLToPath(new URL("node_modules/.cache/moja", import.meta.url));

/** Files that put other modules in the place of the sources': in a worker that they shared, others would meet those. */
const mocking = globSync("test/*/*.test.ts", { cwd: import.meta.dirname }).filter((file) =>
  /\bvi\.mock\(/.test(readFileSync(new URL(file, import.meta.url), "utf8")),
);
/** The tests of packages that the partners' folder installs are not ours. */
const foreign = "**/node_modules/**";

/** How the tests find the sources of packages. */
export const resolve = {
  resolve: { conditions: ["moja-source"] },
  ssr: { resolve: { conditions: ["moja-source"], externalConditions: ["moja-source"] } },
};

/** What all tests need in their workers. */
export const test = {
  env: {
    // As the server's entry point sets it: otherwise each server of a test generates an OpenAPI document to validate it.
    NODE_ENV: "production",
  },
  setupFiles: ["test/support/left-open.setup.ts", "test/support/no-console.ts", "test/support/seed.ts"],
  testTimeout: 60_000,
  hookTimeout: 60_000,
};

/** Tests run from the sources: nothing is built first. */
export default defineConfig({
  ...resolve,
  test: {
    // Vitest leaves one core free; these tests often wait for a database, a socket or a process.
    maxWorkers: availableParallelism() + 1,
    sequence: { sequencer: LongestFirst },
    globalSetup: [
      "test/partners/install.mjs",
      "test/support/postgres.global.ts",
      "test/support/templates.global.ts",
      "test/support/seed.global.ts",
    ],
    projects: [
      // A worker loads the sources and libraries once for all of its files.
      {
        ...resolve,
        test: {
          ...test,
          name: "tests",
          include: ["test/**/*.test.ts"],
          exclude: [...mocking, foreign],
          isolate: false,
        },
      },
      { ...resolve, test: { ...test, name: "mocking", include: mocking, exclude: [foreign] } },
    ],
  },
});
