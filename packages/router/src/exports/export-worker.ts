import { connect, endWithParent, toTransferableError, type Database } from "@moja/store";
import { renderBatch } from "./export-batch.ts";
import type { ExportTask } from "./export-pool.ts";

endWithParent();

let database: Database | undefined;

/** Renders a batch in a process, so that SQLite and formatting do not block the server. */
export default async ({ url, queryTimeoutMs, batch }: ExportTask) => {
  database ??= connect(url, { slim: true }, { queryTimeoutMs });
  return renderBatch(database, batch).catch((error: unknown) => {
    throw toTransferableError(error);
  });
};
