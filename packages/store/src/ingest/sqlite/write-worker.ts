import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { parentPort, workerData } from "node:worker_threads";
import BetterSqlite3 from "better-sqlite3";
import type { StoredValue } from "../../database/row-types.ts";
import { fileIdentity } from "../../database/sqlite/file-identity.ts";
import { pragmas } from "../../database/sqlite/pragmas.ts";
import { replaceSql, valuesSql, type WriteProgram, type WriteStep } from "../../database/write-program.ts";
import type { WriteOutcome } from "../row-layout.ts";
import type { Job, JobResult, WriterData, WriteStatements } from "./write-job.ts";

if (!parentPort) throw new Error("The write worker runs in a worker thread only");
const port = parentPort;
const { path, file }: WriterData = workerData;
const connection = new BetterSqlite3(path, { fileMustExist: true });
for (const pragma of pragmas) connection.pragma(pragma);
const statements = new Map<string, BetterSqlite3.Statement<[StoredValue[]], StoredValue[]>>();
const requireModule = createRequire(import.meta.url);

/** The jobs of the open transaction, and their results. */
let jobs: Job[] = [];
let results: JobResult[] = [];
/**
 * The last wait for another process's lock that failed. Jobs from before its end have waited as long, and fail at once.
 */
let lockFailure: { error: unknown; until: number } | undefined;
/** How long a transaction stays open without a commit: the main thread may be busy, or wait for its lock itself. */
const transactionMsMax = 100;
let commitTimer: NodeJS.Timeout | undefined;

// Jobs run as they come and are committed together on demand: waiting for the disk costs more than a thousand rows.
port.on("message", (message: Job | "commit") => (message === "commit" ? commit() : enqueue(message)));

function enqueue(job: Job): void {
  if (lockFailure && job.sentAt <= lockFailure.until) return port.postMessage(failedResult(job, lockFailure.error));
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
    rejectMovedFile();
    for (const result of results) port.postMessage(result);
    [jobs, results] = [[], []];
  } catch (error) {
    rollbackAndIsolate(error);
  }
}

/** Rolls back, then retries each job in its own transaction so that one bad job cannot fail the others. */
function rollbackAndIsolate(error: unknown): void {
  if (connection.inTransaction) connection.exec("rollback");
  for (const job of jobs) port.postMessage(jobs.length === 1 ? failedResult(job, error) : runAlone(job));
  [jobs, results] = [[], []];
}

function runJob({ job, work }: Job): JobResult {
  if ("writes" in work) return { job, outcomes: work.writes.map(write) };
  const steps = loadProgram(work.module).steps(work.input);
  for (let step = steps.next(); !step.done;) step = steps.next(executeStep(step.value));
  return { job, outcomes: [] };
}

const transaction = connection.transaction(runJob);

/**
 * Throws where the path no longer leads to the file that is written: SQLite commits to one that was deleted as to any
 * other. Looks before each acknowledgement, so that none is given for what nobody will read.
 */
function rejectMovedFile(): void {
  if (fileIdentity(path) === file) return;
  const error = new Error("The database file was removed or replaced while it was open");
  throw Object.assign(error, { code: "SQLITE_READONLY_DBMOVED" });
}

function runAlone(job: Job): JobResult {
  try {
    rejectMovedFile();
    const result = transaction.immediate(job);
    rejectMovedFile();
    return result;
  } catch (error) {
    return failedResult(job, error);
  }
}

function failedResult({ job }: Job, error: unknown): JobResult {
  return { job, outcomes: [], error: { message: String(error), code: codeOf(error) } };
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

function write({ upsert, digest, key, rows, mark, tags }: WriteStatements): WriteOutcome {
  const upserting = prepared(upsert);
  return rows.map((values, index) => {
    const keyValues = key.map((column) => values[column] ?? null);
    if (upserting.run(values).changes === 0) return String(select(digest, keyValues)[0]?.[0]);
    if (mark) prepared(mark).run(keyValues);
    if (tags) {
      prepared(tags.remove).run(keyValues);
      for (const tag of tags.rows[index] ?? []) prepared(tags.insert).run(tag);
    }
    return null;
  });
}

/** Loads a program without `await`: a job must not be overtaken by the next message. */
function loadProgram(module: string): WriteProgram<unknown> {
  const { program }: { program: WriteProgram<unknown> } = requireModule(fileURLToPath(module));
  return program;
}

function executeStep(step: WriteStep): StoredValue[][] {
  // Only writers wait for this thread, so that `open` gives all rows at once.
  if (step === "fetch next") return [];
  if ("open" in step) return select(step.open, step.bindings);
  if ("run" in step) return select(step.run, step.bindings);
  const replace = prepared(replaceSql(step.replace, valuesSql(step.replace.columns)));
  for (const row of step.replace.rows) replace.run(row);
  return [];
}

function select(sql: string, bindings: StoredValue[]): StoredValue[][] {
  return prepared(sql).raw().all(bindings);
}

/** A statement, prepared once: there are few of them. */
function prepared(sql: string): BetterSqlite3.Statement<[StoredValue[]], StoredValue[]> {
  const statement = statements.get(sql) ?? connection.prepare<[StoredValue[]], StoredValue[]>(sql);
  statements.set(sql, statement);
  return statement;
}
