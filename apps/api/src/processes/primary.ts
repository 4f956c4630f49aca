import cluster, { type Worker } from "node:cluster";
import { isPostgres, runWork, type Database } from "@moja/store";
import type { Logger } from "pino";
import { RateLimiterClusterMaster } from "rate-limiter-flexible";
import type { Served } from "../server.ts";
import { isRequest, type FromPrimary } from "./messages.ts";

/** A process that ends sooner than this, in ms, has hardly served anybody. */
const quickMs = 10_000;
/** How many processes may end so quickly one after the other, before all is given up. */
const quickEndsMax = 3;
/** The wait before a process is started again that has ended quickly, in ms; doubled each time. */
const backoffMs = 100;

/**
 * Starts the processes that serve on one port. This one counts their requests, writes their records to SQLite, which
 * has a single writer, and starts another process where one has died.
 */
export async function startProcesses(count: number, database: Database, logger: Logger): Promise<Served> {
  // Each accepts from the socket that they share. Where the first process hands connections out, which is Node's default,
  // one that is on its way to a process that dies is neither answered nor closed. Node reads this once, in setupPrimary.
  cluster.schedulingPolicy = cluster.SCHED_NONE;
  // Rows may hold bytes, which JSON does not keep.
  cluster.setupPrimary({ serialization: "advanced" });
  void new RateLimiterClusterMaster();
  if (!isPostgres(database)) answerWrites(database);
  const processes = new Processes(logger);
  // One goes first: what keeps it from starting, like a port that is taken, is said once.
  const { port } = await processes.start();
  processes.replaceDead();
  await Promise.all(Array.from({ length: count - 1 }, () => processes.start()));
  return { port, stop: () => processes.stop() };
}

function answerWrites(database: Database): void {
  cluster.on("message", (worker, message: unknown) => {
    if (!isRequest(message)) return;
    const reply = (result: Pick<FromPrimary & { moja: "written" }, "outcomes" | "error">) => {
      // It may have died meanwhile.
      if (worker.isConnected()) send(worker, { moja: "written", id: message.id, ...result });
    };
    runWork(database, message.work).then(
      (outcomes) => reply({ outcomes }),
      (error: Error & { code?: unknown }) =>
        reply({ outcomes: [], error: { message: error.message, code: error.code } }),
    );
  });
}

function send(worker: Worker, message: FromPrimary): void {
  // The callback gets the error of a channel that has closed meanwhile, which would be thrown otherwise.
  worker.send(message, () => {});
}

class Processes {
  readonly #logger: Logger;
  readonly #listening = new Set<Worker>();
  #replaces = false;
  #quickEnds = 0;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Starts a process, and resolves when it listens. Rejects when it ends before. */
  start(): Promise<{ port: number }> {
    const startedAt = performance.now();
    const worker = cluster.fork();
    return new Promise((resolve, reject) => {
      worker.once("listening", ({ port }: { port: number }) => {
        this.#listening.add(worker);
        resolve({ port });
      });
      worker.once("exit", (code: number | null, signal: string | null) => {
        this.#listening.delete(worker);
        reject(Object.assign(new Error("A process that serves has ended before it listened"), { code: "ECHILD" }));
        if (this.#replaces) this.#replace({ pid: worker.process.pid, code, signal }, performance.now() - startedAt);
      });
    });
  }

  /** From now on, starts another process where one has died. */
  replaceDead(): void {
    this.#replaces = true;
  }

  #replace(ended: object, livedMs: number): void {
    this.#quickEnds = livedMs < quickMs ? this.#quickEnds + 1 : 0;
    if (this.#quickEnds > quickEndsMax) {
      this.#logger.fatal(ended, "processes end as soon as they are started: giving up");
      // The others end with this one.
      process.exit(1);
    }
    const waitMs = this.#quickEnds === 0 ? 0 : backoffMs * 2 ** this.#quickEnds;
    this.#logger.error({ ...ended, restart_ms: waitMs }, "a process has ended: starting another");
    setTimeout(() => {
      // Its end is answered where it is noticed.
      if (this.#replaces) this.start().catch(() => {});
    }, waitMs);
  }

  /** Has every process finish what it does. Rejects where one of them failed to. */
  async stop(): Promise<void> {
    this.#replaces = false;
    const workers = Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined);
    const ends = workers.map(endOf);
    for (const worker of workers) {
      if (this.#listening.has(worker)) send(worker, { moja: "stop" });
      else worker.kill("SIGKILL");
    }
    const ended = await Promise.all(ends);
    if (!ended.every(Boolean)) throw new Error("A process did not stop in order");
  }
}

/** Resolves when a process has ended, to whether it ended as it was told. */
function endOf(worker: Worker): Promise<boolean> {
  return new Promise((resolve) => {
    worker.once("exit", (code, signal) => resolve(code === 0 || signal === "SIGKILL"));
  });
}
