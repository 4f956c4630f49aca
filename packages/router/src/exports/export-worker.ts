import { workerData } from "node:worker_threads";
import { connect, toTransferableError } from "@moja/store";
import { kTransferable, kValue, Tinypool } from "tinypool";
import { renderBatch, type ExportBatch } from "./export-batch.ts";

const [, { url }]: [unknown, { url: string }] = workerData;
const database = connect(url, { slim: true });

/** Renders batches in threads, so that SQLite and formatting do not block the server. Text is moved, not copied. */
export default async (batch: ExportBatch) => {
  const rendered = await renderBatch(database, batch).catch((error: unknown) => {
    throw toTransferableError(error);
  });
  return Tinypool.move({ [kTransferable]: rendered.text.buffer, [kValue]: rendered });
};
