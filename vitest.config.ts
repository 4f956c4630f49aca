import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

/** Tests run from the sources: nothing is built first. */
export default defineConfig({
  resolve: { conditions: ["moja-source"] },
  ssr: { resolve: { conditions: ["moja-source"], externalConditions: ["moja-source"] } },
  test: {
    include: ["test/**/*.test.ts"],
    // Vitest leaves one core free; these tests mostly wait for a database, a socket or a process.
    maxWorkers: availableParallelism(),
    setupFiles: ["test/support/no-console.ts", "test/support/seed.ts"],
    globalSetup: ["test/partners/install.mjs", "test/support/postgres.global.ts", "test/support/seed.global.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
