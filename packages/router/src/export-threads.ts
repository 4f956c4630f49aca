import { availableParallelism } from "node:os";
import { extname } from "node:path";
import { urlOf, type Database } from "@moja/store";
import { Tinypool } from "tinypool";
import type { Batch, Printed } from "./export-batch.ts";

const idleTimeoutMs = 10_000;

/** The threads that print exports, started when they are needed. An export asks for one batch after the other, so that many share a thread in turn. */
export function exportThreads(database: Database): (batch: Batch) => Promise<Printed> {
  const source = extname(import.meta.url);
  const threads = new Tinypool({
    filename: new URL(`./export-worker${source}`, import.meta.url).href,
    runtime: "worker_threads",
    isolateWorkers: false,
    minThreads: 0,
    maxThreads: Math.max(1, Math.floor(availableParallelism() / 2)),
    idleTimeout: idleTimeoutMs,
    useAtomics: false,
    resourceLimits: { maxYoungGenerationSizeMb: 24, maxOldGenerationSizeMb: 64 },
    workerData: { url: urlOf(database) },
    execArgv: source === ".ts" ? ["--conditions=moja-source"] : [],
  });
  return (batch) => threads.run(batch) as Promise<Printed>;
}
