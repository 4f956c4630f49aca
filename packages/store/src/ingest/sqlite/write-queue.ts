import { Worker } from "node:worker_threads";
import type BetterSqlite3 from "better-sqlite3";
import type { Knex } from "knex";
import type { Database } from "../../database/dialect.ts";
import type { FourHourSlot, RollupSpec } from "../../rollups/compute.ts";
import { layouts, type RowBatch, type WriteOutcome } from "../row-layout.ts";
import { columnsOf, keyOf, markHoursSql, tagColumns, tagRows, upsertSql } from "../upsert-sql.ts";
import type { Job, JobResult, WriteStatements } from "./write-worker.ts";

/** Half of the requests that a client has on their way: while these are committed, those are read. */
const jobsPerCommitMax = 4;

type PendingJob = { resolve: (outcomes: WriteOutcome[]) => void; reject: (error: Error) => void };

const queues = new WeakMap<Database, Promise<WriteQueue>>();

/** Writes batches on SQLite, in a thread of its own: neither rows nor the wait for the disk hold up those who read. */
export async function writeOnSqlite(database: Database, batches: RowBatch[]): Promise<WriteOutcome[]> {
  const queue = await (queues.get(database) ?? openQueue(database));
  return queue.run({ writes: batches.map(toWriteJob) });
}

/** Rolls up four hours on SQLite, in the same thread. */
export async function computeRollupsOnSqlite(database: Database, spec: RollupSpec, slot: FourHourSlot): Promise<void> {
  const queue = await (queues.get(database) ?? openQueue(database));
  await queue.run({ spec, slot });
}

function openQueue(database: Database): Promise<WriteQueue> {
  const queue = WriteQueue.of(database, () => queues.delete(database));
  queues.set(database, queue);
  return queue;
}

function toWriteJob({ kind, rows }: RowBatch): WriteStatements {
  const { table } = layouts[kind];
  return {
    upsert: upsertSql(
      `values (${columnsOf(kind)
        .map(() => "?")
        .join(", ")})`,
      kind,
      "binary",
    ),
    digest: `select digest from ${table} where ${keyOf(kind)
      .map((name) => `${name} = ?`)
      .join(" and ")}`,
    key: keyOf(kind).map((name) => columnsOf(kind).indexOf(name)),
    rows: rows.map(({ values }) => values),
    // Transactions take turns here, so that one mark of an hour says it all.
    mark: kind === "call" && markHoursSql("organization_id = ? and call_log_id = ?", "''"),
    tags: kind === "call" && {
      remove: "delete from call_tags where organization_id = ? and call_log_id = ?",
      insert: `insert into call_tags (${tagColumns.join(", ")}) values (${tagColumns.map(() => "?").join(", ")})`,
      rows: rows.map(tagRows),
    },
  };
}

/** The thread that writes a database; it ends with the database's connection. */
class WriteQueue {
  readonly #thread: Worker;
  readonly #pending = new Map<number, PendingJob>();
  #jobCount = 0;
  #uncommitted = 0;

  readonly #onEnd: () => void;

  constructor(connection: BetterSqlite3.Database, onEnd: () => void) {
    this.#onEnd = onEnd;
    const extension = import.meta.url.slice(-3);
    this.#thread = new Worker(new URL(`./write-worker${extension}`, import.meta.url), { workerData: connection.name });
    this.#thread.unref();
    this.#thread.on("message", ({ job, outcomes, error }: JobResult) => {
      const pending = this.#pending.get(job);
      this.#pending.delete(job);
      if (error) pending?.reject(Object.assign(new Error(error.message), { code: error.code }));
      else pending?.resolve(outcomes);
      if (this.#pending.size === 0) this.#thread.unref();
    });
    // What ends by an error exits, too.
    let error = new Error("The writing thread has ended");
    this.#thread.on("error", (thrown: Error) => (error = thrown));
    this.#thread.on("exit", () => this.#end(error));
    const close = connection.close.bind(connection);
    connection.close = () => {
      void this.#thread.terminate();
      return close();
    };
  }

  static async of(database: Database, onEnd: () => void): Promise<WriteQueue> {
    const client = database.client as Knex.Client;
    const connection = (await client.acquireConnection()) as BetterSqlite3.Database;
    try {
      return new WriteQueue(connection, onEnd);
    } finally {
      await client.releaseConnection(connection);
    }
  }

  run(work: { writes: WriteStatements[] } | { spec: RollupSpec; slot: FourHourSlot }): Promise<WriteOutcome[]> {
    const job: Job = { job: this.#jobCount++, asked_at: Date.now(), ...work };
    this.#thread.ref();
    return new Promise((resolve, reject) => {
      this.#pending.set(job.job, { resolve, reject });
      this.#thread.postMessage(job, []);
      this.#uncommitted++;
      if (this.#uncommitted === jobsPerCommitMax) this.#commit();
      else setImmediate(() => this.#jobCount === job.job + 1 && this.#commit());
    });
  }

  /** What was ready by now is committed together. */
  #commit(): void {
    this.#uncommitted = 0;
    this.#thread.postMessage("commit", []);
  }

  #end(error: Error): void {
    this.#onEnd();
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
  }
}
