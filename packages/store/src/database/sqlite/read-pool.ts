import { availableParallelism } from "node:os";
import { extname } from "node:path";
import { isMainThread } from "node:worker_threads";
import type { Knex } from "knex";
import { Tinypool } from "tinypool";
import { connectionUrl, isPostgres, type Database } from "../dialect.ts";
import type { StoredRow } from "../row-types.ts";

const idleTimeoutMs = 60_000;

/** Threads that read a database for long, started when they are needed; each task has one to itself. Their module gets `[, { url }]` as its `workerData`. */
export function createReadPool(
  database: Database,
  filename: URL,
  resourceLimits: { maxYoungGenerationSizeMb?: number; maxOldGenerationSizeMb?: number } = {},
): Tinypool {
  const isSource = extname(filename.pathname) === ".ts";
  return new Tinypool({
    filename: filename.href,
    runtime: "worker_threads",
    isolateWorkers: false,
    minThreads: 0,
    maxThreads: Math.max(1, Math.floor(availableParallelism() / 2)),
    idleTimeout: idleTimeoutMs,
    useAtomics: false,
    resourceLimits,
    workerData: { url: connectionUrl(database) },
    execArgv: isSource ? ["--conditions=moja-source"] : [],
  });
}

const pools = new WeakMap<Database, Tinypool>();

/** Runs a query that may read many rows. On SQLite, whose driver would hold up all other requests meanwhile, a thread runs it, unless this is a thread of its own already. */
export async function readInWorker(database: Database, query: Knex.QueryBuilder): Promise<StoredRow[]> {
  if (isPostgres(database) || !isMainThread) return (await query) as StoredRow[];
  const pool =
    pools.get(database) ??
    createReadPool(database, new URL(`./read-worker${extname(import.meta.url)}`, import.meta.url));
  pools.set(database, pool);
  const { sql, bindings } = query.toSQL().toNative();
  // Whoever listens to the database's queries hears of this one too.
  database.emit("query", { sql, bindings });
  return pool.run({ sql, bindings }).catch(restoreErrorCode) as Promise<StoredRow[]>;
}

/** An error's code does not come through to another thread, but its cause does. */
function restoreErrorCode(error: Error): never {
  throw typeof error.cause === "string" ? Object.assign(error, { code: error.cause }) : error;
}
