import { BaseSequencer, type TestSpecification } from "vitest/node";

/** The files of which one test takes a minute or most of one, so that they are not the ones that all others wait for. */
const longest = ["recipe", "server-and-admin", "docs-page", "health", "documented-commands"];

/** Starts the longest files first, then what vitest would. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification) => longest.some((name) => moduleId.endsWith(`/${name}.test.ts`));
    const sorted = await super.sort(files);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}
