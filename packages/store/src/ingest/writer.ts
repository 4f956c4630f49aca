import type { RecordKind } from "@moja/contracts";
import type { StoredValue } from "../database/column-codecs.ts";
import { isPostgres, type Database } from "../database/migrate.ts";
import type { FourHours, Plan } from "../rollups/compute.ts";
import { rollUpOnPostgres, writeOnPostgres } from "./postgres/writer.ts";
import { rollUpOnSqlite, writeOnSqlite } from "./sqlite/write-queue.ts";

/** A row to be written: its identity within its kind, what decides whether it is newer, its columns' values, and a call's tags. */
export type Row = {
  id: string;
  updated_at: number;
  digest: string;
  values: StoredValue[];
  tags: Record<string, string>;
};

/** Rows of one kind, each identity once. */
export type Batch = { kind: RecordKind; rows: Row[] };

/** What became of a batch's rows, in their order: null for one that was written, else the digest of the row that is there and stays. */
export type Outcome = (string | null)[];

/** Writes the rows that are new or newer than what is there, all batches in one transaction, which is durable when this resolves. */
export function write(database: Database, batches: Batch[]): Promise<Outcome[]> {
  return isPostgres(database) ? writeOnPostgres(database, batches) : writeOnSqlite(database, batches);
}

/** Makes the roll-ups of four hours what their calls are, in one transaction. */
export function rollUpFourHours(database: Database, plan: Plan, four: FourHours): Promise<void> {
  return isPostgres(database) ? rollUpOnPostgres(database, plan, four) : rollUpOnSqlite(database, plan, four);
}
