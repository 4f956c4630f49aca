import { Worker } from "node:worker_threads";
import type BetterSqlite3 from "better-sqlite3";
import type { Knex } from "knex";
import { clientOf, onDestroy, type Database } from "../../database/dialect.ts";
import { openedFile } from "../../database/sqlite/file-identity.ts";
import { valuesSql, type WriteProgram } from "../../database/write-program.ts";
import { layouts, type RowBatch, type WriteOutcome } from "../row-layout.ts";
import { columnsOf, keyOf, markHoursSql, tagColumns, tagRows, upsertSql } from "../upsert-sql.ts";
import type { Job, JobResult, Work, WriterData, WriteStatements } from "./write-job.ts";

/** Half of the requests that a client keeps in flight: while these are committed, the others are parsed. */
const jobsPerCommitMax = 4;

type PendingJob = { resolve: (outcomes: WriteOutcome[]) => void; reject: (error: Error) => void };

const writers = new WeakMap<Knex.Client, (work: Work) => Promise<WriteOutcome[]>>();
const queues = new WeakMap<Database, Promise<WriteQueue>>();

/** Writes batches on SQLite, in a worker: neither the rows nor the wait for the disk block those who read. */
export async function writeOnSqlite(database: Database, batches: RowBatch[]): Promise<WriteOutcome[]> {
  return runWork(database, { writes: batches.map(toWriteStatements) });
}

/** Runs a write program on SQLite, in the same worker. */
export async function runProgramOnSqlite<Input>(
  database: Database,
  { module }: WriteProgram<Input>,
  input: Input,
): Promise<void> {
  await runWork(database, { module, input });
}

/** Runs work in the writing thread of a SQLite database, or wherever else it is written. */
export async function runWork(database: Database, work: Work): Promise<WriteOutcome[]> {
  const elsewhere = writers.get(clientOf(database));
  return elsewhere ? elsewhere(work) : (await queueOf(database)).run(work);
}

/**
 * Has a SQLite database written by another process. Of several that write, each would wait for the lock of the others
 * by looking at it now and then, and while one of them is busy the others may wait in vain.
 */
export function writeElsewhere(database: Database, run: (work: Work) => Promise<WriteOutcome[]>): void {
  writers.set(clientOf(database), run);
}

function queueOf(database: Database): Promise<WriteQueue> {
  const queue = queues.get(database) ?? WriteQueue.open(database, () => queues.delete(database));
  queues.set(database, queue);
  return queue;
}

function toWriteStatements({ kind, rows }: RowBatch): WriteStatements {
  const columns = columnsOf(kind);
  const keyCondition = keyOf(kind).map((name) => `${name} = ?`);
  return {
    upsert: upsertSql(valuesSql(columns), kind, "binary"),
    digest: `select digest from ${layouts[kind].table} where ${keyCondition.join(" and ")}`,
    key: keyOf(kind).map((name) => columns.indexOf(name)),
    rows: rows.map(({ values }) => values),
    // SQLite's transactions run one after the other, so that a single mark per hour suffices.
    mark: kind === "call" && markHoursSql("organization_id = ? and call_log_id = ?", "''"),
    tags: kind === "call" && {
      remove: "delete from call_tags where organization_id = ? and call_log_id = ?",
      insert: `insert into call_tags (${tagColumns.join(", ")}) ${valuesSql(tagColumns)}`,
      rows: rows.map(tagRows),
    },
  };
}

/** The worker that writes a database, and its pending jobs. It ends before the database is closed. */
class WriteQueue {
  readonly #worker: Worker;
  readonly #pending = new Map<number, PendingJob>();
  readonly #onEnd: () => void;
  #jobCount = 0;
  #uncommitted = 0;

  constructor(connection: BetterSqlite3.Database, onEnd: () => void) {
    this.#onEnd = onEnd;
    const extension = import.meta.url.slice(-3);
    const workerData: WriterData = { path: connection.name, file: openedFile(connection) };
    this.#worker = new Worker(new URL(`./write-worker${extension}`, import.meta.url), { workerData });
    this.#worker.unref();
    this.#worker.on("message", (result: JobResult) => this.#settle(result));
    // A worker that fails emits `error` first, then `exit`.
    let error = new Error("The writing thread has ended");
    this.#worker.on("error", (thrown: Error) => (error = thrown));
    this.#worker.on("exit", () => this.#end(error));
  }

  /** Starts the worker of a database. */
  static async open(database: Database, onEnd: () => void): Promise<WriteQueue> {
    const client = clientOf(database);
    const connection: BetterSqlite3.Database = await client.acquireConnection();
    try {
      const queue = new WriteQueue(connection, onEnd);
      // Whoever closes last writes SQLite's log into the file: with the thread ended first, one that is closed is whole.
      onDestroy(database, () => queue.#worker.terminate());
      return queue;
    } finally {
      await client.releaseConnection(connection);
    }
  }

  /** Resolves when the work is committed. */
  run(work: Work): Promise<WriteOutcome[]> {
    const job: Job = { job: this.#jobCount++, sentAt: Date.now(), work };
    this.#worker.ref();
    return new Promise((resolve, reject) => {
      this.#pending.set(job.job, { resolve, reject });
      this.#worker.postMessage(job, []);
      this.#uncommitted++;
      if (this.#uncommitted === jobsPerCommitMax) this.#commit();
      else setImmediate(() => this.#jobCount === job.job + 1 && this.#commit());
    });
  }

  /** Commits what is ready by now in one transaction. */
  #commit(): void {
    this.#uncommitted = 0;
    this.#worker.postMessage("commit", []);
  }

  #settle({ job, outcomes, error }: JobResult): void {
    const pending = this.#pending.get(job);
    this.#pending.delete(job);
    if (error) pending?.reject(Object.assign(new Error(error.message), { code: error.code }));
    else pending?.resolve(outcomes);
    if (this.#pending.size === 0) this.#worker.unref();
  }

  #end(error: Error): void {
    this.#onEnd();
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
  }
}
