import { connect, movingBytes, toTransferableError, type Database } from "@moja/store";
import { renderBatch } from "./export-batch.ts";
import type { ExportTask } from "./export-pool.ts";

const databases = new Map<string, Database>();

/**
 * Renders a batch in a thread, so that SQLite and formatting do not block the server. A filter without an index is read
 * in a process, as in a list: it is ended at its deadline.
 */
export default async ({ url, replica, queryTimeoutMs, batch }: ExportTask) => {
  const database = databases.get(url) ?? connect(url, { slim: true, replica }, { queryTimeoutMs });
  databases.set(url, database);
  const rendered = await renderBatch(database, batch).catch((error: unknown) => {
    throw toTransferableError(error);
  });
  return movingBytes(rendered, rendered.text);
};
