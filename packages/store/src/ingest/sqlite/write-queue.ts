import { Worker } from "node:worker_threads";
import type BetterSqlite3 from "better-sqlite3";
import type { Knex } from "knex";
import type { Database } from "../../database/dialect.ts";
import type { FourHours, Plan } from "../../rollups/compute.ts";
import { layouts, type Batch, type Outcome } from "../row-layout.ts";
import { columnsOf, keyOf, markFrom, tagColumns, tagRows, upsertFrom } from "../upsert-sql.ts";
import type { Answer, Job, Write } from "./write-worker.ts";

/** Half of the requests that a client has on their way: while these are committed, those are read. */
const jobsPerCommitMax = 4;

type Waiting = { resolve: (outcomes: Outcome[]) => void; reject: (error: Error) => void };

const writers = new WeakMap<Database, Promise<SqliteWriter>>();

/** Writes batches on SQLite, in a thread of its own: neither rows nor the wait for the disk hold up those who read. */
export async function writeOnSqlite(database: Database, batches: Batch[]): Promise<Outcome[]> {
  const writer = await (writers.get(database) ?? start(database));
  return writer.run({ writes: batches.map(asWrite) });
}

/** Rolls up four hours on SQLite, in the same thread. */
export async function rollUpOnSqlite(database: Database, plan: Plan, four: FourHours): Promise<void> {
  const writer = await (writers.get(database) ?? start(database));
  await writer.run({ plan, four });
}

function start(database: Database): Promise<SqliteWriter> {
  const writer = SqliteWriter.of(database, () => writers.delete(database));
  writers.set(database, writer);
  return writer;
}

function asWrite({ kind, rows }: Batch): Write {
  const { table } = layouts[kind];
  return {
    upsert: upsertFrom(
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
    mark: kind === "call" && markFrom("organization_id = ? and call_log_id = ?", "''"),
    tags: kind === "call" && {
      remove: "delete from call_tags where organization_id = ? and call_log_id = ?",
      insert: `insert into call_tags (${tagColumns.join(", ")}) values (${tagColumns.map(() => "?").join(", ")})`,
      rows: rows.map(tagRows),
    },
  };
}

/** The thread that writes a database; it ends with the database's connection. */
class SqliteWriter {
  readonly #thread: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #jobs = 0;
  #uncommitted = 0;

  readonly #ended: () => void;

  constructor(connection: BetterSqlite3.Database, ended: () => void) {
    this.#ended = ended;
    const extension = import.meta.url.slice(-3);
    this.#thread = new Worker(new URL(`./write-worker${extension}`, import.meta.url), { workerData: connection.name });
    this.#thread.unref();
    this.#thread.on("message", ({ job, outcomes, error }: Answer) => {
      const waiting = this.#waiting.get(job);
      this.#waiting.delete(job);
      if (error) waiting?.reject(Object.assign(new Error(error.message), { code: error.code }));
      else waiting?.resolve(outcomes);
      if (this.#waiting.size === 0) this.#thread.unref();
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

  static async of(database: Database, ended: () => void): Promise<SqliteWriter> {
    const client = database.client as Knex.Client;
    const connection = (await client.acquireConnection()) as BetterSqlite3.Database;
    try {
      return new SqliteWriter(connection, ended);
    } finally {
      await client.releaseConnection(connection);
    }
  }

  run(work: { writes: Write[] } | { plan: Plan; four: FourHours }): Promise<Outcome[]> {
    const job: Job = { job: this.#jobs++, asked_at: Date.now(), ...work };
    this.#thread.ref();
    return new Promise((resolve, reject) => {
      this.#waiting.set(job.job, { resolve, reject });
      this.#thread.postMessage(job, []);
      this.#uncommitted++;
      if (this.#uncommitted === jobsPerCommitMax) this.#commit();
      else setImmediate(() => this.#jobs === job.job + 1 && this.#commit());
    });
  }

  /** What was ready by now is committed together. */
  #commit(): void {
    this.#uncommitted = 0;
    this.#thread.postMessage("commit", []);
  }

  #end(error: Error): void {
    this.#ended();
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
