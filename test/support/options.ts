import { expect } from "vitest";

/** A command of commander's, as far as its options are listed. */
type Command = {
  name: () => string;
  options: readonly { long?: string | null | undefined }[];
  commands: readonly Command[];
};

/** What observes the effect of one option: with it, and without it or with another value. */
export type Cases = Record<string, () => Promise<void>>;

/** Every option of a command and of those below it, as it is typed: `key create --name`. */
export function optionsOf({ options, commands }: Command, words: string[] = []): string[] {
  return [
    ...options.map(({ long }) => [...words, long].join(" ")),
    ...commands.flatMap((each) => optionsOf(each, [...words, each.name()])),
  ];
}

/** Fails when an option has no observing case, and when a case is of no option. */
export function expectCaseForEach(options: readonly string[], cases: Cases): void {
  expect(Object.keys(cases).toSorted()).toStrictEqual(options.toSorted());
}

/** Runs once, when it is first needed; several cases look at its result. */
export function once<Result>(run: () => Promise<Result>): () => Promise<Result> {
  let result: Promise<Result> | undefined;
  return () => (result ??= run());
}
