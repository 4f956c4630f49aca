import { afterAll, afterEach, expect } from "vitest";

/** Fails the test during which anything was written to the console. */
const stray: string[] = [];
for (const method of ["log", "info", "warn", "error", "debug"] as const) {
  console[method] = (...said: unknown[]) => void stray.push(said.map(String).join(" "));
}
const expectSilence = () => expect(stray.splice(0), "stray console lines").toStrictEqual([]);
afterEach(expectSilence);
afterAll(expectSilence);
