import { connect, isPostgres, rejectNoDatabase, writeElsewhere, type Work, type WriteOutcome } from "@moja/store";
import type { Logger } from "pino";
import { readLimitsFrom, type Settings } from "../config.ts";
import { startServer, stopInOrder } from "../server.ts";
import { isFromPrimary, type WriteRequest } from "./messages.ts";

/**
 * Serves as one of several processes, until the first one says that it stops, or ends. That one has opened and migrated
 * the database.
 */
export async function serveForPrimary(settings: Settings, logger: Logger): Promise<void> {
  // A terminal or supervisor may signal all processes: the first one tells the others.
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => {});
  const database = connect(settings.DATABASE_URL, {}, readLimitsFrom(settings));
  await rejectNoDatabase(database);
  if (!isPostgres(database)) writeElsewhere(database, writeInPrimary());
  const served = await startServer({ database, settings, logger });
  process.on("message", (message) => {
    if (isFromPrimary(message) && message.moja === "stop") void stopInOrder(served, database);
  });
}

/** Has the first process write. */
function writeInPrimary(): (work: Work) => Promise<WriteOutcome[]> {
  const pending = new Map<number, PromiseWithResolvers<WriteOutcome[]>>();
  let count = 0;
  process.on("message", (message) => {
    if (!isFromPrimary(message) || message.moja !== "written") return;
    const { id, outcomes, error } = message;
    const written = pending.get(id);
    pending.delete(id);
    if (error) written?.reject(Object.assign(new Error(error.message), { code: error.code }));
    else written?.resolve(outcomes);
  });
  return (work) => {
    const written = Promise.withResolvers<WriteOutcome[]>();
    const request: WriteRequest = { moja: "write", id: count++, work };
    pending.set(request.id, written);
    process.send?.(request);
    return written.promise;
  };
}
