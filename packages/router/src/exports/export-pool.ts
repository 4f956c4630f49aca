import { availableParallelism } from "node:os";
import { extname } from "node:path";
import { ApiError, errorCodes } from "@moja/contracts";
import { connectionUrl, createProcessPool, Lanes, readLimitsOf, withDeadline, type Database } from "@moja/store";
import type { ExportBatch, RenderedBatch } from "./export-batch.ts";

/** Memory of a process: the least without constant garbage collection (with half of it a CSV took a quarter longer). */
const execArgv = ["--max-semi-space-size=8", "--max-old-space-size=64"];

/** A batch for a process of the export pool. */
export type ExportTask = { url: string; queryTimeoutMs: number; batch: ExportBatch };

/**
 * Starts a pool of processes that render exports. Organizations take turns batch by batch, so that many exports can
 * share a process. A batch that takes longer than a query may is ended as `too_slow`.
 */
export function createExportPool(database: Database): (batch: ExportBatch) => Promise<RenderedBatch> {
  const processes = Math.max(1, Math.floor(availableParallelism() / 2));
  const lanes = new Lanes({ running: processes, runningPerOrganization: 1, waiting: Infinity, waitMs: 0 });
  const { queryTimeoutMs = 0 } = readLimitsOf(database) ?? {};
  const url = connectionUrl(database);
  const render = createProcessPool<ExportTask, RenderedBatch>(database, {
    module: new URL(`./export-worker${extname(import.meta.url)}`, import.meta.url),
    processes,
    execArgv,
  });
  return ({ ...batch }) =>
    lanes.run({ organization_id: batch.organization_id, signal: undefined }, async () => {
      const deadline = withDeadline(queryTimeoutMs, undefined);
      return render({ url, queryTimeoutMs, batch }, deadline).catch((error: unknown) => {
        throw deadline?.aborted ? new ApiError("too_slow") : toApiError(error);
      });
    });
}

/** An error of the API, which a process can only tell by its code; any other error as it is. */
function toApiError(error: unknown): unknown {
  const code = error instanceof Error && "code" in error && errorCodes.find((each) => each === error.code);
  return code && error instanceof Error ? new ApiError(code, error.message) : error;
}
