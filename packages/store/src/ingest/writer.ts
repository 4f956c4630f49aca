import { isPostgres, type Database } from "../database/dialect.ts";
import type { FourHours, Plan } from "../rollups/compute.ts";
import { rollUpOnPostgres, writeOnPostgres } from "./postgres/writer.ts";
import type { Batch, Outcome } from "./row-layout.ts";
import { rollUpOnSqlite, writeOnSqlite } from "./sqlite/write-queue.ts";

/** Writes the rows that are new or newer than what is there, all batches in one transaction, which is durable when this resolves. */
export function write(database: Database, batches: Batch[]): Promise<Outcome[]> {
  return isPostgres(database) ? writeOnPostgres(database, batches) : writeOnSqlite(database, batches);
}

/** Makes the roll-ups of four hours what their calls are, in one transaction. */
export function rollUpFourHours(database: Database, plan: Plan, four: FourHours): Promise<void> {
  return isPostgres(database) ? rollUpOnPostgres(database, plan, four) : rollUpOnSqlite(database, plan, four);
}
