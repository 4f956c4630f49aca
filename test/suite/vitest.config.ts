import { defineConfig, mergeConfig } from "vitest/config";
import base from "../../vitest.config.ts";

const { test } = base;

/** The suite's own settings, for one fixture that must turn it red. */
export default mergeConfig(
  { ...base, test: { ...test, include: [] } },
  defineConfig({
    root: new URL("../../", import.meta.url).pathname,
    test: { include: [`test/suite/${process.env["FIXTURE"]}.fixture.ts`] },
  }),
);
