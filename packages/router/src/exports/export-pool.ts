import { extname } from "node:path";
import { createReadPool, restoreErrorCode, type Database } from "@moja/store";
import type { ExportBatch, RenderedBatch } from "./export-batch.ts";

/** Memory of a thread: the least without constant garbage collection (with half of it a CSV took a quarter longer). */
const resourceLimits = { maxYoungGenerationSizeMb: 24, maxOldGenerationSizeMb: 64 };

/** Starts a pool of threads that render exports. Exports take turns batch by batch, so that many can share a thread. */
export function createExportPool(database: Database): (batch: ExportBatch) => Promise<RenderedBatch> {
  const pool = createReadPool(
    database,
    new URL(`./export-worker${extname(import.meta.url)}`, import.meta.url),
    resourceLimits,
  );
  return (batch) => {
    const rendered: Promise<RenderedBatch> = pool.run(batch);
    return rendered.catch(restoreErrorCode);
  };
}
