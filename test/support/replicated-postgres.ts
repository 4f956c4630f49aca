import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, mkdtempSync, statSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import pg from "pg";
import { inject, vi } from "vitest";
import { copyCluster, createCluster, isRoot, type Cluster } from "./embedded-postgres.ts";

/** A primary and a streaming replica of it, which a test starts for itself. */
export type Replicated = AsyncDisposable & {
  primary: { url: string };
  replica: {
    url: string;
    /** Stops and continues replaying what comes from the primary: meanwhile the replica is behind. */
    pause: () => Promise<void>;
    resume: () => Promise<void>;
    /** Ends its server at once, as a crash does. */
    kill: () => Promise<void>;
    start: () => Promise<void>;
    /** Sends a signal to all its processes. */
    signal: (name: NodeJS.Signals) => void;
  };
};

/** Starts a primary and its replica: one new cluster, copied before its server was started. */
export async function startReplicated(): Promise<Replicated> {
  const folder = mkdtempSync(join(inject("tests_folder"), "replicated-"));
  if (isRoot) for (const each of [inject("tests_folder"), folder]) chmodSync(each, 0o755);
  const log: string[] = [];
  const settings = ["synchronous_commit=on"];
  const primary = await createCluster({ folder, name: "primary", log, settings });
  const replica = await copyCluster(primary, {
    folder,
    name: "replica",
    log,
    settings: [`primary_conninfo=${primary.url}`, "wal_retrieve_retry_interval=200ms"],
  });
  const standby = join(replica.databaseDir, "standby.signal");
  writeFileSync(standby, "");
  const { uid, gid } = statSync(replica.databaseDir);
  chownSync(standby, uid, gid);
  const start = (cluster: Cluster) => startServer(cluster, log);
  const signal = (name: NodeJS.Signals) => {
    for (const pid of processesOf(replica)) {
      try {
        process.kill(pid, name);
      } catch {
        // It has ended by itself.
      }
    }
  };
  const stop = async () => {
    // One that a test has stopped would not end otherwise.
    signal("SIGCONT");
    for (const each of [replica, primary]) await end(each);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    for (const each of [primary, replica]) await start(each);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    primary: { url: primary.url },
    replica: {
      url: replica.url,
      pause: () => query(replica.url, "select pg_wal_replay_pause()"),
      resume: () => query(replica.url, "select pg_wal_replay_resume()"),
      kill: () => end(replica),
      start: () => start(replica),
      signal,
    },
    [Symbol.asyncDispose]: stop,
  };
}

/** Starts a cluster's server and waits until it answers: a replica never says that it takes connections for writing. */
async function startServer({ server, url }: Cluster, log: string[]): Promise<void> {
  const ended = server.start().then(
    () => undefined,
    () => log.slice(-10).join(""),
  );
  let reason: string | undefined;
  void ended.then((text) => (reason = text));
  await vi.waitFor(
    async () => {
      if (reason !== undefined) return;
      await query(url, "select 1");
    },
    { timeout: 45_000, interval: 100 },
  );
  if (reason !== undefined) throw new Error(`PostgreSQL did not start: ${reason}`);
}

/** Ends a server at once, without writing what a clean stop does. */
async function end({ server }: Cluster): Promise<void> {
  const child = server["process"];
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGQUIT");
  await ended;
}

function processesOf({ server }: Cluster): number[] {
  const pid = server["process"]?.pid;
  if (pid === undefined) return [];
  const { stdout } = spawnSync("ps", ["-o", "pid=", "--ppid", String(pid)], { encoding: "utf8" });
  return [pid, ...stdout.split("\n").map(Number).filter(Boolean)];
}

/** Asks a server by a connection of its own. */
async function query(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2000 });
  client.on("error", () => {});
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
