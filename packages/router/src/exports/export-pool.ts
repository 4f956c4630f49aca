import { availableParallelism } from "node:os";
import { extname } from "node:path";
import { ApiError, errorCodes } from "@moja/contracts";
import { connectionUrl, createWorkerPool, Lanes, readFrom, readLimitsOf, type Database } from "@moja/store";
import type { ExportBatch, RenderedBatch } from "./export-batch.ts";

/** Memory of a thread: the least without constant garbage collection (with half of it a CSV took a quarter longer). */
const resourceLimits = { maxYoungGenerationSizeMb: 24, maxOldGenerationSizeMb: 64 };

/** A batch for a thread of the export pool. */
export type ExportTask = { url: string; replica: boolean; queryTimeoutMs: number; batch: ExportBatch };

/**
 * Starts a pool of threads that render exports. Organizations take turns batch by batch, so that many exports can share
 * a thread.
 */
export function createExportPool(database: Database): (batch: ExportBatch) => Promise<RenderedBatch> {
  const workers = Math.max(1, Math.floor(availableParallelism() / 2));
  const lanes = new Lanes({ running: workers, runningPerOrganization: 1, waiting: Infinity, waitMs: 0 });
  const { queryTimeoutMs = 0 } = readLimitsOf(database) ?? {};
  const render = createWorkerPool<ExportTask, RenderedBatch>(database, {
    module: new URL(`./export-worker${extname(import.meta.url)}`, import.meta.url),
    runtime: "worker_threads",
    workers,
    resourceLimits,
  });
  return ({ ...batch }) => {
    const renderFrom = (source: Database) =>
      render({ url: connectionUrl(source), replica: source !== database, queryTimeoutMs, batch }).catch(
        (error: unknown) => {
          throw toApiError(error);
        },
      );
    return lanes.run({ organization_id: batch.organization_id, signal: undefined }, () =>
      batch.isFromReplica ? readFrom(database, {}, renderFrom) : renderFrom(database),
    );
  };
}

/** An error of the API, which a thread can only tell by its code; any other error as it is. */
function toApiError(error: unknown): unknown {
  const code = error instanceof Error && "code" in error && errorCodes.find((each) => each === error.code);
  return code && error instanceof Error ? new ApiError(code, error.message) : error;
}
