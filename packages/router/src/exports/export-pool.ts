import { extname } from "node:path";
import { createReadPool, type Database } from "@moja/store";
import type { ExportBatch, RenderedBatch } from "./export-batch.ts";

/** The least memory in which batches are printed without collecting it all the time: half of it took a CSV a quarter longer. */
const resourceLimits = { maxYoungGenerationSizeMb: 24, maxOldGenerationSizeMb: 64 };

/** The threads that print exports. An export asks for one batch after the other, so that many share a thread in turn. */
export function createExportPool(database: Database): (batch: ExportBatch) => Promise<RenderedBatch> {
  const pool = createReadPool(
    database,
    new URL(`./export-worker${extname(import.meta.url)}`, import.meta.url),
    resourceLimits,
  );
  return (batch) => pool.run(batch) as Promise<RenderedBatch>;
}
