import { workerData } from "node:worker_threads";
import { connect } from "@moja/store";
import { printBatch, type Batch } from "./export-batch.ts";

const [, { url }] = workerData as [unknown, { url: string }];
const database = connect(url, { slim: true });

/** Prints batches in a thread of its own: SQLite answers and rows become text without holding up the server. */
export default (batch: Batch) => printBatch(database, batch);
