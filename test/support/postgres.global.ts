import { chmodSync, existsSync, rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import type { TestProject } from "vitest/node";
import { createCluster, isRoot, withOpenFiles } from "./embedded-postgres.ts";
import { isSqliteOnly } from "./sqlite-only.ts";

declare module "vitest" {
  interface ProvidedContext {
    postgres_url: string;
    tests_folder: string;
  }
}

const otherwise = "Give the tests another: TEST_POSTGRES_URL=postgres://user@host/database";

/**
 * The PostgreSQL of a test run (the one at `TEST_POSTGRES_URL`, or one that is started from a package) and the folder
 * of its files, both gone afterwards.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), "moja-tests-"));
  const onExit = () => remove(folder);
  // Ctrl-C ends vitest without a teardown; the server then gets its signal from embedded-postgres.
  process.once("exit", onExit);
  const { url, stop } = await findPostgres(folder);
  project.provide("postgres_url", url);
  project.provide("tests_folder", folder);
  return async () => {
    await stop();
    remove(folder);
    process.off("exit", onExit);
  };
}

async function findPostgres(folder: string): Promise<Running> {
  if (isSqliteOnly()) {
    process.stderr.write("TEST_DATABASES=sqlite: nothing is tested on PostgreSQL.\n");
    return { url: "", stop: async () => {} };
  }
  const given = process.env["TEST_POSTGRES_URL"];
  return given ? reach(given) : start(folder);
}

type Running = { url: string; stop: () => Promise<void> };

async function reach(url: string): Promise<Running> {
  const client = new pg.Client({ connectionString: url });
  try {
    await client.connect();
    await client.end();
  } catch (error) {
    throw new Error(
      `No PostgreSQL answers at TEST_POSTGRES_URL. Correct it, or leave it out: the tests then start their own.\n${String(error)}`,
      { cause: error },
    );
  }
  return { url, stop: async () => {} };
}

async function start(folder: string): Promise<Running> {
  const log: string[] = [];
  // PostgreSQL does not run as root: there it runs as the user `postgres`, who must get at its files.
  if (isRoot) chmodSync(folder, 0o755);
  try {
    const cluster = await createCluster({ folder, name: "postgres", log });
    await withOpenFiles(() => cluster.server.start());
    process.prependOnceListener("exit", () => cluster.server["process"]?.kill("SIGINT"));
    return { url: cluster.url, stop: () => cluster.server.stop() };
  } catch (error) {
    throw new Error(
      `The tests' own PostgreSQL did not start. ${otherwise}\n${String(error ?? "It ended at once.")}\n${log.slice(-10).join("")}`,
      { cause: error },
    );
  }
}

/** After Ctrl-C the server is still writing while it stops, which `maxRetries` does not sit out. */
function remove(folder: string): void {
  for (let tries = 0; tries < 40 && existsSync(folder); tries++) {
    try {
      rmSync(folder, { recursive: true, force: true });
    } catch {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
    }
  }
}
