import { extname } from "node:path";
import { ApiError } from "@moja/contracts";
import type { Knex } from "knex";
import { clientOf, connectionUrl, isPostgres } from "../dialect.ts";
import type { Reader } from "../lanes.ts";
import { readOnHeavyPool } from "../postgres/pools.ts";
import { rowsOf } from "../prepared.ts";
import { readLimitsOf, type ReadLimits } from "../read-limits.ts";
import type { StoredRow } from "../row-types.ts";
import { createWorkerPool, type WorkerPool } from "../worker-pool.ts";

/** A query for a process of the read pool. */
export type ReadTask = { url: string; sql: string; bindings: readonly unknown[] };

const pools = new WeakMap<Knex.Client, WorkerPool<ReadTask, StoredRow[]>>();

/**
 * Runs a query that may read many rows. SQLite's driver is synchronous and would block all other requests, so that the
 * query runs in a process of its own; PostgreSQL has connections for it. Throws `too_slow` when the reader's signal ends
 * it.
 */
export async function readHeavyQuery(query: Knex.QueryBuilder | Knex.Raw, { signal }: Reader): Promise<StoredRow[]> {
  const limits = readLimitsOf(query);
  if (!limits) return rowsOf(query);
  return (isPostgres(query) ? readOnHeavyPool(query, signal) : readInProcess(query, limits, signal)).catch(
    (error: unknown) => {
      throw signal?.aborted ? new ApiError("too_slow") : error;
    },
  );
}

function readInProcess(
  query: Knex.QueryBuilder | Knex.Raw,
  limits: ReadLimits,
  signal: AbortSignal | undefined,
): Promise<StoredRow[]> {
  const client = clientOf(query);
  const pool =
    pools.get(client) ??
    createWorkerPool(query, {
      module: new URL(`./read-worker${extname(import.meta.url)}`, import.meta.url),
      runtime: "child_process",
      workers: limits.heavyReads,
    });
  pools.set(client, pool);
  const { sql, bindings } = query.toSQL().toNative();
  // Knex emits this for its own connections only; listeners expect every query.
  client.emit("query", { sql, bindings });
  return pool({ url: connectionUrl(query), sql, bindings }, signal);
}
