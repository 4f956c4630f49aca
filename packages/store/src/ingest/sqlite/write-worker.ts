import { parentPort, workerData, type MessagePort } from "node:worker_threads";
import BetterSqlite3 from "better-sqlite3";
import type { StoredValue } from "../../database/row-types.ts";
import { writerPragmas } from "../../database/sqlite/pragmas.ts";
import {
  rollupColumns,
  rollupSteps,
  rollupValues,
  upsertRollups,
  type FourHourSlot,
  type RollupSpec,
  type RollupStep,
} from "../../rollups/compute.ts";
import type { WriteOutcome } from "../row-layout.ts";

/** Rows of one kind with the statements that write them. `key` is where among a row's values its key stands. */
export type WriteStatements = {
  upsert: string;
  digest: string;
  key: number[];
  rows: StoredValue[][];
  mark: false | string;
  tags: false | { remove: string; insert: string; rows: StoredValue[][][] };
};

/** What the thread is asked, and when, and what it answers. */
export type Job = { job: number; asked_at: number } & (
  | { writes: WriteStatements[] }
  | { spec: RollupSpec; slot: FourHourSlot }
);
export type JobResult = { job: number; outcomes: WriteOutcome[]; error?: { message: string; code: string } };

const port = parentPort as MessagePort;
const connection = new BetterSqlite3(String(workerData));
for (const pragma of writerPragmas) connection.pragma(pragma);
const statements = new Map<string, BetterSqlite3.Statement>();

/** The jobs of the transaction that is open, and their answers. */
let jobs: Job[] = [];
let results: JobResult[] = [];
/** Another process's lock, and until when it was waited for: whoever asked before has waited long enough. */
let lockFailure: { error: unknown; until: number } | undefined;
/** How long a transaction stays open for those who ask to say more: they may be busy, or wait for its lock themselves. */
const transactionMsMax = 100;
let commitTimer: NodeJS.Timeout | undefined;

/** Jobs are run as they come, and committed together when this is told to: waiting for the disk costs more than a thousand rows. */
port.on("message", (message: Job | "commit") => (message === "commit" ? commit() : enqueue(message)));

function enqueue(job: Job): void {
  if (lockFailure && job.asked_at <= lockFailure.until) return port.postMessage(failedResult(job, lockFailure.error));
  jobs.push(job);
  try {
    if (!connection.inTransaction) connection.exec("begin immediate");
    results.push(runJob(job));
    clearTimeout(commitTimer);
    commitTimer = setTimeout(commit, transactionMsMax);
  } catch (error) {
    if (codeOf(error) === "SQLITE_BUSY") lockFailure = { error, until: Date.now() };
    rollbackAndIsolate(error);
  }
}

function commit(): void {
  try {
    if (connection.inTransaction) connection.exec("commit");
    for (const result of results) port.postMessage(result);
    [jobs, results] = [[], []];
  } catch (error) {
    rollbackAndIsolate(error);
  }
}

/** Something went wrong, perhaps by the fault of one: of several each answers for itself. */
function rollbackAndIsolate(error: unknown): void {
  if (connection.inTransaction) connection.exec("rollback");
  for (const job of jobs) port.postMessage(jobs.length === 1 ? failedResult(job, error) : runAlone(job));
  [jobs, results] = [[], []];
}

const runJob = (job: Job): JobResult => ({
  job: job.job,
  outcomes: "writes" in job ? job.writes.map(write) : runRollup(job),
});

const transaction = connection.transaction(runJob);

function runAlone(job: Job): JobResult {
  try {
    return transaction.immediate(job);
  } catch (error) {
    return failedResult(job, error);
  }
}

const failedResult = ({ job }: Job, error: unknown): JobResult => ({
  job,
  outcomes: [],
  error: { message: String(error), code: codeOf(error) },
});
const codeOf = (error: unknown) => (error instanceof Error && "code" in error ? String(error.code) : "");

function write({ upsert, digest, key, rows, mark, tags }: WriteStatements): WriteOutcome {
  const upserting = prepared(upsert);
  return rows.map((values, index) => {
    if (upserting.run(values).changes === 0)
      return prepared(digest)
        .pluck()
        .get(key.map((place) => values[place])) as string;
    if (mark) prepared(mark).run(key.map((place) => values[place]));
    if (tags) {
      prepared(tags.remove).run(key.map((place) => values[place]));
      for (const tag of tags.rows[index] ?? []) prepared(tags.insert).run(tag);
    }
    return null;
  });
}

function runRollup({ spec, slot }: { spec: RollupSpec; slot: FourHourSlot }): WriteOutcome[] {
  const steps = rollupSteps(spec, slot);
  for (let step = steps.next(); !step.done;) step = steps.next(executeStep(step.value, spec, slot));
  return [];
}

function executeStep(step: RollupStep, { parts }: RollupSpec, { organization_id }: FourHourSlot): StoredValue[][] {
  // Nobody waits for this thread but those who write: all rows come at once.
  if (step === "fetch next") return [];
  if ("open" in step) return prepared(step.open).raw().all(step.bindings) as StoredValue[][];
  if ("run" in step) return prepared(step.run).raw().all(step.bindings) as StoredValue[][];
  const replace = prepared(
    upsertRollups(
      step.table,
      parts,
      `values (${rollupColumns(parts)
        .map(() => "?")
        .join(", ")})`,
    ),
  );
  for (const each of step.rollups) replace.run(rollupValues(organization_id, each));
  return [];
}

/** Few texts, each prepared once. */
function prepared(sql: string): BetterSqlite3.Statement {
  const statement = statements.get(sql) ?? connection.prepare(sql);
  statements.set(sql, statement);
  return statement;
}
