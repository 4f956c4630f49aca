import type { Knex } from "knex";
import type { Client } from "pg";
import { clientOf, onDestroy, type Database } from "../dialect.ts";
import { rowsOf } from "../prepared.ts";
import type { ReadLimits } from "../read-limits.ts";
import type { StoredRow } from "../row-types.ts";

/** What has connections of its own, so that none waits for another: the rest are pages, in the database's own pool. */
type Purpose = "keys" | "heavy" | "writes";

/** Opens a pool of connections, which shows its purpose to PostgreSQL. */
export type OpenPool = (purpose: string, connections: number, statementTimeoutMs: number) => Database;

const poolsByClient = new WeakMap<Knex.Client, Record<Purpose, Database>>();

/** How long a statement may take that is no report, in ms. */
const statementTimeoutMs = 30_000;

/** Opens the pools beside a database's own. They close with it, and their queries are events of it. */
export function addPools(database: Database, open: OpenPool, limits: ReadLimits): void {
  const pools = {
    keys: open("keys", limits.keyConnections, statementTimeoutMs),
    heavy: open("heavy", limits.heavyReads, limits.queryTimeoutMs),
    writes: open("writes", limits.writeConnections, statementTimeoutMs),
  };
  poolsByClient.set(clientOf(database), pools);
  for (const pool of Object.values(pools)) pool.on("query", (query) => void clientOf(database).emit("query", query));
  onDestroy(database, () => Promise.all(Object.values(pools).map((pool) => pool.destroy())));
}

/** The pool of a database for a purpose; the database itself where it has no others, as on SQLite. */
export function poolFor(purpose: Purpose, database: Database): Database {
  return poolsByClient.get(clientOf(database))?.[purpose] ?? database;
}

/** Runs a query on the connections for heavy reading. PostgreSQL cancels it when the signal aborts. */
export async function readOnHeavyPool(
  query: Knex.QueryBuilder | Knex.Raw,
  signal: AbortSignal | undefined,
): Promise<StoredRow[]> {
  const pools = poolsByClient.get(clientOf(query));
  if (!pools) return rowsOf(query);
  const client = clientOf(pools.heavy);
  const connection: Client & { processID: number } = await client.acquireConnection();
  let canceled: PromiseLike<unknown> | undefined;
  const cancel = () => {
    canceled = pools.keys.raw("select pg_cancel_backend(?)", [connection.processID]).catch(() => {});
  };
  signal?.addEventListener("abort", cancel);
  try {
    // It may have aborted while a connection was waited for.
    signal?.throwIfAborted();
    return await rowsOf(query.connection(connection));
  } finally {
    signal?.removeEventListener("abort", cancel);
    // One that comes too late would end what another reads on this connection.
    await canceled;
    await client.releaseConnection(connection);
  }
}
