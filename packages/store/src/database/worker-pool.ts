import { extname } from "node:path";
import { kTransferable, kValue, Tinypool } from "tinypool";
import { onDestroy, type HasClient } from "./dialect.ts";
import { restoreError } from "./outages.ts";

const idleTimeoutMs = 60_000;

/** Runs a task in a worker. */
export type WorkerPool<Task, Result> = (
  task: Task,
  /** Ends the task at once, with its process. */
  signal?: AbortSignal,
) => Promise<Result>;

/** What the workers of a pool are. */
type PoolOptions = {
  module: URL;
  /**
   * Processes can be killed: nothing else ends a statement of SQLite before it is done. Threads are for bounded tasks;
   * what they answer is moved instead of copied.
   */
  runtime: "child_process" | "worker_threads";
  workers: number;
  /** The memory of each thread. */
  resourceLimits?: { maxYoungGenerationSizeMb: number; maxOldGenerationSizeMb: number };
};

/** Creates a pool of workers, which start on demand and run one task at a time. */
export function createWorkerPool<Task, Result>(
  database: HasClient,
  { module, runtime, workers, resourceLimits }: PoolOptions,
): WorkerPool<Task, Result> {
  const isSource = extname(module.pathname) === ".ts";
  const pool = new Tinypool({
    filename: module.href,
    runtime,
    isolateWorkers: false,
    minThreads: 0,
    maxThreads: workers,
    idleTimeout: idleTimeoutMs,
    useAtomics: false,
    ...(runtime === "child_process" && { serialization: "advanced" }),
    ...(resourceLimits && { resourceLimits }),
    execArgv: isSource ? ["--conditions=moja-source"] : [],
  });
  // A process that dies while it does nothing is replaced by the next task.
  pool.on("error", () => {});
  onDestroy(database, () => pool.destroy());
  return (task, signal) => pool.run(task, signal ? { signal } : {}).catch(restoreError);
}

/** What a thread of a pool answers, with bytes of it that are moved. */
export function movingBytes<Result extends object>(result: Result, bytes: Uint8Array<ArrayBuffer>): Result {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the pool takes the answer out of what marks it
  return Tinypool.move({ [kTransferable]: bytes.buffer, [kValue]: result }) as Result;
}
