import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
/** A fresh, empty database. */
export type TestDatabase = AsyncDisposable & { url: string };
/** The databases that tests run on. */
export const databases = [
  { name: "SQLite", create: async (): Promise<TestDatabase> => { const folder = await mkdtemp(join(tmpdir(), "moja-")); return { url: `sqlite:${join(folder, "moja.sqlite")}`, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) }; } },
] as const;
