import { isPostgres, type Database } from "../database/dialect.ts";
import { poolFor } from "../database/postgres/pools.ts";
import type { WriteProgram } from "../database/write-program.ts";
import { runProgramOnPostgres, writeOnPostgres } from "./postgres/writer.ts";
import type { RowBatch, WriteOutcome } from "./row-layout.ts";
import { runProgramOnSqlite, writeOnSqlite } from "./sqlite/write-queue.ts";

/**
 * Writes the rows that are new or newer than the stored ones, all batches in one transaction. Durable when it resolves.
 */
export function writeBatches(database: Database, batches: RowBatch[]): Promise<WriteOutcome[]> {
  return isPostgres(database)
    ? writeOnPostgres(poolFor("writes", database), batches)
    : writeOnSqlite(database, batches);
}

/** Runs a write program of one organization in a transaction. */
export function runProgram<Input extends { organization_id: string }>(
  database: Database,
  program: WriteProgram<Input>,
  input: Input,
): Promise<void> {
  return isPostgres(database)
    ? runProgramOnPostgres(poolFor("writes", database), program, input)
    : runProgramOnSqlite(database, program, input);
}
