import { parentPort, workerData, type MessagePort } from "node:worker_threads";
import BetterSqlite3 from "better-sqlite3";
import type { StoredValue } from "../../database/row-types.ts";
import { writingPragmas } from "../../database/sqlite/pragmas.ts";
import {
  replaceRollUps,
  rollUp,
  rollUpColumns,
  rollUpValues,
  type FourHours,
  type Plan,
  type Step,
} from "../../rollups/compute.ts";
import type { Outcome } from "../row-layout.ts";

/** Rows of one kind with the statements that write them. `key` is where among a row's values its key stands. */
export type Write = {
  upsert: string;
  digest: string;
  key: number[];
  rows: StoredValue[][];
  mark: false | string;
  tags: false | { remove: string; insert: string; rows: StoredValue[][][] };
};

/** What the thread is asked, and when, and what it answers. */
export type Job = { job: number; asked_at: number } & ({ writes: Write[] } | { plan: Plan; four: FourHours });
export type Answer = { job: number; outcomes: Outcome[]; error?: { message: string; code: string } };

const port = parentPort as MessagePort;
const connection = new BetterSqlite3(String(workerData));
for (const pragma of writingPragmas) connection.pragma(pragma);
const statements = new Map<string, BetterSqlite3.Statement>();

/** The jobs of the transaction that is open, and their answers. */
let jobs: Job[] = [];
let answers: Answer[] = [];
/** Another process's lock, and until when it was waited for: whoever asked before has waited long enough. */
let locked: { error: unknown; until: number } | undefined;
/** How long a transaction stays open for those who ask to say more: they may be busy, or wait for its lock themselves. */
const openMsMax = 100;
let closing: NodeJS.Timeout | undefined;

/** Jobs are run as they come, and committed together when this is told to: waiting for the disk costs more than a thousand rows. */
port.on("message", (message: Job | "commit") => (message === "commit" ? commit() : run(message)));

function run(job: Job): void {
  if (locked && job.asked_at <= locked.until) return port.postMessage(failed(job, locked.error));
  jobs.push(job);
  try {
    if (!connection.inTransaction) connection.exec("begin immediate");
    answers.push(done(job));
    clearTimeout(closing);
    closing = setTimeout(commit, openMsMax);
  } catch (error) {
    if (codeOf(error) === "SQLITE_BUSY") locked = { error, until: Date.now() };
    apart(error);
  }
}

function commit(): void {
  try {
    if (connection.inTransaction) connection.exec("commit");
    for (const answer of answers) port.postMessage(answer);
    [jobs, answers] = [[], []];
  } catch (error) {
    apart(error);
  }
}

/** Something went wrong, perhaps by the fault of one: of several each answers for itself. */
function apart(error: unknown): void {
  if (connection.inTransaction) connection.exec("rollback");
  for (const job of jobs) port.postMessage(jobs.length === 1 ? failed(job, error) : alone(job));
  [jobs, answers] = [[], []];
}

const done = (job: Job): Answer => ({
  job: job.job,
  outcomes: "writes" in job ? job.writes.map(write) : rollUpAll(job),
});

const transaction = connection.transaction(done);

function alone(job: Job): Answer {
  try {
    return transaction.immediate(job);
  } catch (error) {
    return failed(job, error);
  }
}

const failed = ({ job }: Job, error: unknown): Answer => ({
  job,
  outcomes: [],
  error: { message: String(error), code: codeOf(error) },
});
const codeOf = (error: unknown) => (error instanceof Error && "code" in error ? String(error.code) : "");

function write({ upsert, digest, key, rows, mark, tags }: Write): Outcome {
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

function rollUpAll({ plan, four }: { plan: Plan; four: FourHours }): Outcome[] {
  const steps = rollUp(plan, four);
  for (let step = steps.next(); !step.done;) step = steps.next(take(step.value, plan, four));
  return [];
}

function take(step: Step, { parts }: Plan, { organization_id }: FourHours): StoredValue[][] {
  // Nobody waits for this thread but those who write: all rows come at once.
  if (step === "read on") return [];
  if ("open" in step) return prepared(step.open).raw().all(step.bindings) as StoredValue[][];
  if ("run" in step) return prepared(step.run).raw().all(step.bindings) as StoredValue[][];
  const replace = prepared(
    replaceRollUps(
      step.table,
      parts,
      `values (${rollUpColumns(parts)
        .map(() => "?")
        .join(", ")})`,
    ),
  );
  for (const each of step.rollUps) replace.run(rollUpValues(organization_id, each));
  return [];
}

/** Few texts, each prepared once. */
function prepared(sql: string): BetterSqlite3.Statement {
  const statement = statements.get(sql) ?? connection.prepare(sql);
  statements.set(sql, statement);
  return statement;
}
