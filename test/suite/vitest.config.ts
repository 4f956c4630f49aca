import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import base, { resolve, test } from "../../vitest.config.ts";

const fixtures = (process.env["FIXTURE"] ?? "").split(",").map((name) => `test/suite/${name}.fixture.ts`);

class AsNamed extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => fixtures.findIndex((path) => moduleId.endsWith(path));
    return files.toSorted((one, other) => place(one) - place(other));
  }
}

/** The suite's own settings, for fixtures that turn it red, or do not, in one worker after another. */
export default defineConfig({
  ...base,
  root: new URL("../../", import.meta.url).pathname,
  test: {
    ...base.test,
    maxWorkers: 1,
    sequence: { sequencer: AsNamed },
    projects: [{ ...resolve, test: { ...test, include: fixtures, isolate: false } }],
  },
});
