import { workerData } from "node:worker_threads";
import { connect } from "@moja/store";
import { Tinypool } from "tinypool";
import { renderBatch, type ExportBatch } from "./export-batch.ts";

const [, { url }] = workerData as [unknown, { url: string }];
const database = connect(url, { slim: true });
const { transferableSymbol, valueSymbol } = Tinypool;

/** Prints batches in a thread of its own: SQLite answers and rows become text without holding up the server, to which the text is handed without a copy. */
export default async (batch: ExportBatch) => {
  const rendered = await renderBatch(database, batch);
  const transferable = { [transferableSymbol]: rendered.text.buffer, [valueSymbol]: rendered };
  return Tinypool.move(transferable as unknown as Parameters<typeof Tinypool.move>[0]);
};
