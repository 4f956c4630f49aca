import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { LongestFirst } from "./test/support/longest-first.ts";

// Vitest's workers, and the worker threads of the tests' servers, start sooner from what was compiled before.
process.env["NODE_COMPILE_CACHE"] ??= fileURLToPath(new URL("node_modules/.cache/moja", import.meta.url));

/** Tests run from the sources: nothing is built first. */
export default defineConfig({
  resolve: { conditions: ["moja-source"] },
  ssr: { resolve: { conditions: ["moja-source"], externalConditions: ["moja-source"] } },
  test: {
    include: ["test/**/*.test.ts"],
    // Vitest leaves one core free; these tests often wait for a database, a socket or a process.
    maxWorkers: availableParallelism() + 1,
    sequence: { sequencer: LongestFirst },
    env: {
      // As the server's entry point sets it: otherwise each server of a test generates an OpenAPI document to validate it.
      NODE_ENV: "production",
    },
    setupFiles: ["test/support/no-console.ts", "test/support/seed.ts"],
    globalSetup: [
      "test/partners/install.mjs",
      "test/support/postgres.global.ts",
      "test/support/templates.global.ts",
      "test/support/seed.global.ts",
    ],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
