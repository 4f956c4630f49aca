import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { conditions: ["moja-source"] },
  ssr: { resolve: { conditions: ["moja-source"], externalConditions: ["moja-source"] } },
  test: { include: ["test/**/*.test.ts"] },
});
