import { availableParallelism } from "node:os";
import { extname } from "node:path";
import { isMainThread } from "node:worker_threads";
import type { Knex } from "knex";
import { Tinypool } from "tinypool";
import { clientOf, connectionUrl, isPostgres, type HasClient } from "../dialect.ts";
import { restoreErrorCode } from "../outages.ts";
import { rowsOf } from "../prepared.ts";
import type { StoredRow } from "../row-types.ts";

const idleTimeoutMs = 60_000;

/**
 * Creates a pool of threads for long reads. They start on demand and run one task at a time. The module at `filename`
 * receives `[, { url }]` as its `workerData`.
 */
export function createReadPool(
  database: HasClient,
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

const pools = new WeakMap<Knex.Client, Tinypool>();

/**
 * Runs a query that may read many rows. SQLite's driver is synchronous and would block all other requests, so that the
 * query runs in a thread of its own, unless it is in one already.
 */
export async function readInWorker(query: Knex.QueryBuilder | Knex.Raw): Promise<StoredRow[]> {
  if (isPostgres(query) || !isMainThread) return rowsOf(query);
  const client = clientOf(query);
  const pool =
    pools.get(client) ?? createReadPool(query, new URL(`./read-worker${extname(import.meta.url)}`, import.meta.url));
  pools.set(client, pool);
  const { sql, bindings } = query.toSQL().toNative();
  // Knex emits this for its own connections only; listeners expect every query.
  client.emit("query", { sql, bindings });
  const rows: Promise<StoredRow[]> = pool.run({ sql, bindings });
  return rows.catch(restoreErrorCode);
}
