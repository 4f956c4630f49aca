import { isPostgres, type Database } from "../database/dialect.ts";
import type { FourHourSlot, RollupSpec } from "../rollups/compute.ts";
import { computeRollupsOnPostgres, writeOnPostgres } from "./postgres/writer.ts";
import type { RowBatch, WriteOutcome } from "./row-layout.ts";
import { computeRollupsOnSqlite, writeOnSqlite } from "./sqlite/write-queue.ts";

/** Writes the rows that are new or newer than what is there, all batches in one transaction, which is durable when this resolves. */
export function writeBatches(database: Database, batches: RowBatch[]): Promise<WriteOutcome[]> {
  return isPostgres(database) ? writeOnPostgres(database, batches) : writeOnSqlite(database, batches);
}

/** Makes the roll-ups of four hours what their calls are, in one transaction. */
export function computeRollups(database: Database, spec: RollupSpec, slot: FourHourSlot): Promise<void> {
  return isPostgres(database)
    ? computeRollupsOnPostgres(database, spec, slot)
    : computeRollupsOnSqlite(database, spec, slot);
}
