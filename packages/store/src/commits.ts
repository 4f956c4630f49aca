import { setTimeout } from "node:timers/promises";
import type { Knex } from "knex";
import type { Database } from "./database.ts";

type Run<Result> = (transaction: Knex.Transaction) => Promise<Result>;

/** How long a transaction on SQLite waits for others, in milliseconds. */
const gatherMs = 10;

const gathering = new WeakMap<Database, { runs: Run<void>[]; done: Promise<void> }>();

/**
 * Runs a transaction, which is durable when this resolves. SQLite has one writer, and waiting for the disk costs it more
 * than a thousand rows: there, transactions that arrive together are committed together.
 */
export async function committed<Result>(database: Database, run: Run<Result>): Promise<Result> {
  if ((database.client as Knex.Client).config.client === "pg") return database.transaction(run);
  const group = gathering.get(database) ?? gather(database);
  let result: Result | undefined;
  group.runs.push(async (transaction) => void (result = await run(transaction)));
  try {
    await group.done;
    return result as Result;
  } catch {
    // Perhaps by another's fault: it answers for itself alone.
    return database.transaction(run);
  }
}

function gather(database: Database) {
  const runs: Run<void>[] = [];
  const group = { runs, done: commit(database, runs) };
  gathering.set(database, group);
  return group;
}

async function commit(database: Database, runs: Run<void>[]): Promise<void> {
  await setTimeout(gatherMs);
  gathering.delete(database);
  await database.transaction(async (transaction) => {
    for (const run of runs) await run(transaction);
  });
}
