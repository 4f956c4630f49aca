import { extname } from "node:path";
import { readingThreads, type Database } from "@moja/store";
import type { Batch, Printed } from "./export-batch.ts";

/** The least memory in which batches are printed without collecting it all the time: half of it took a CSV a quarter longer. */
const memory = { maxYoungGenerationSizeMb: 24, maxOldGenerationSizeMb: 64 };

/** The threads that print exports. An export asks for one batch after the other, so that many share a thread in turn. */
export function exportThreads(database: Database): (batch: Batch) => Promise<Printed> {
  const threads = readingThreads(
    database,
    new URL(`./export-worker${extname(import.meta.url)}`, import.meta.url),
    memory,
  );
  return (batch) => threads.run(batch) as Promise<Printed>;
}
