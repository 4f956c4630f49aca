import { extname } from "node:path";
import { Tinypool } from "tinypool";
import { onDestroy, type HasClient } from "./dialect.ts";
import { restoreError } from "./outages.ts";

const idleTimeoutMs = 60_000;

/** Runs a task in another process. */
export type ProcessPool<Task, Result> = (
  task: Task,
  /** Ends the task at once, with its process. */
  signal?: AbortSignal,
) => Promise<Result>;

/** What the processes of a pool are. */
type PoolOptions = { module: URL; processes: number; execArgv?: string[] };

/**
 * Creates a pool of processes, which start on demand and run one task at a time. They are no threads, because nothing
 * ends a statement of SQLite or its thread before it is done, but a process can be killed.
 */
export function createProcessPool<Task, Result>(
  database: HasClient,
  { module, processes, execArgv = [] }: PoolOptions,
): ProcessPool<Task, Result> {
  const isSource = extname(module.pathname) === ".ts";
  const pool = new Tinypool({
    filename: module.href,
    runtime: "child_process",
    isolateWorkers: false,
    minThreads: 0,
    maxThreads: processes,
    idleTimeout: idleTimeoutMs,
    serialization: "advanced",
    execArgv: [...execArgv, ...(isSource ? ["--conditions=moja-source"] : [])],
  });
  // A process that dies while it does nothing is replaced by the next task.
  pool.on("error", () => {});
  onDestroy(database, () => pool.destroy());
  return (task, signal) => pool.run(task, signal ? { signal } : {}).catch(restoreError);
}
