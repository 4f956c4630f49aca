import { ApiError } from "@moja/contracts";
import type { Knex } from "knex";
import { connect } from "./connect.ts";
import { clientOf, connectionUrl, onDestroy, type Database } from "./dialect.ts";
import { poolFor } from "./postgres/pools.ts";
import { Replica, type ReplicaOptions, type ReplicaStatus } from "./postgres/replica.ts";
import { committedPositionSql, toWalPosition, type WalPosition } from "./postgres/wal-position.ts";
import { rowsOf } from "./prepared.ts";
import { readLimitsOf } from "./read-limits.ts";

const replicas = new WeakMap<Knex.Client, Replica>();
const primaries = new WeakMap<Knex.Client, Database>();

/** Has a replica answer the reads of a PostgreSQL database from now on. It closes with the database. */
export function attachReplica(database: Database, options: ReplicaOptions): void {
  if (replicas.has(clientOf(database))) return;
  const reads = connect(options.url, { replica: true }, readLimitsOf(database));
  const replica = new Replica(reads, connectionUrl(database), options);
  replicas.set(clientOf(database), replica);
  primaries.set(clientOf(reads), database);
  onDestroy(database, () => replica.close());
}

/** The state of a database's replica; undefined where it has none. */
export function replicaStatus(database: Database): ReplicaStatus | undefined {
  return replicas.get(clientOf(database))?.status;
}

/** The database that is written: itself, unless it reads from a replica. */
export function primaryOf(database: Database): Database {
  return primaries.get(clientOf(database)) ?? database;
}

/** What an answer must show, and whether somebody waits for it still. */
type ReadOptions = { after?: WalPosition | undefined; hasLeft?: () => boolean };

/**
 * Reads from the replica where there is one that may answer, and has replayed a place; else from the primary. What fails
 * on the replica, other than by a refusal, is read from the primary.
 */
export function readFrom<Result>(
  database: Database,
  options: ReadOptions,
  read: (source: Database) => Promise<Result>,
): Promise<Result> {
  const replica = replicas.get(clientOf(database));
  return replica ? readFromEither({ database, replica, ...options }, read) : read(database);
}

async function readFromEither<Result>(
  { database, replica, after, hasLeft = () => false }: ReadOptions & { database: Database; replica: Replica },
  read: (source: Database) => Promise<Result>,
): Promise<Result> {
  if (!(await replica.mayAnswer(after))) return read(database);
  try {
    return await replica.read(read);
  } catch (error) {
    if (error instanceof ApiError || hasLeft()) throw error;
    replica.noteFailure(error);
    return read(database);
  }
}

/**
 * The place in the log behind all that was committed, for reads that must see it; undefined where no replica is read, or
 * where the primary does not say.
 */
export async function committedPosition(database: Database): Promise<WalPosition | undefined> {
  if (!replicas.has(clientOf(database))) return undefined;
  const [row] = await rowsOf(poolFor("writes", database).raw(committedPositionSql)).catch(() => []);
  return row && toWalPosition(String(row["position"]));
}

/** Resolves to whether a source of reads has all that was committed: the primary always, a replica soon or not. */
export async function hasCaughtUp(source: Database): Promise<boolean> {
  const primary = primaryOf(source);
  if (primary === source) return true;
  const position = await committedPosition(primary);
  return position !== undefined && (await replicas.get(clientOf(primary))?.mayAnswer(position)) === true;
}
