import { createReadStream, createWriteStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createInterface } from "node:readline";
import { createGunzip } from "node:zlib";
import type { Client } from "@moja/client";
import type { RecordWritten } from "@moja/contracts";
import { SingleBar, Presets } from "cli-progress";

/** What became of a file's records. */
type Counts = { accepted: number; unchanged: number; superseded: number; refused: number };

const recordsPerRequest = 1000;
const requestsAtOnce = 4;

/** Pushes a file of one record a line in parallel batches. Doing it again is harmless: records are idempotent. */
export async function ingestFile(moja: Client, file: string, refusedFile: string): Promise<Counts> {
  const counts: Counts = { accepted: 0, unchanged: 0, superseded: 0, refused: 0 };
  const size = file === "-" ? 0 : (await stat(file)).size;
  const source = file === "-" ? process.stdin : createReadStream(file);
  const bar = new SingleBar({ format: "{bar} {percentage}% | {lines} records", stream: process.stderr }, Presets.shades_classic);
  bar.start(size, 0, { lines: 0 });
  let bytes = 0;
  source.on("data", (chunk: Buffer) => void (bytes += chunk.length));
  let refused: ReturnType<typeof createWriteStream> | undefined;
  const refuse = (line: string, issues: unknown) => {
    counts.refused++;
    refused ??= createWriteStream(refusedFile);
    refused.write(`${JSON.stringify({ issues, line })}\n`);
  };

  let lineNumber = 0;
  const push = async (batch: { line: string; record: RecordWritten }[]) => {
    const receipt = await moja.ingest.push(batch.map(({ record }) => record));
    counts.accepted += receipt.accepted;
    counts.unchanged += receipt.unchanged;
    counts.superseded += receipt.superseded;
    for (const { index, issues } of receipt.refused) refuse(batch[index]?.line ?? "", issues);
    bar.update(bytes, { lines: lineNumber });
  };

  const running = new Set<Promise<void>>();
  let batch: { line: string; record: RecordWritten }[] = [];
  const flush = async () => {
    if (batch.length === 0) return;
    const request = push(batch).finally(() => running.delete(request));
    // A failure is thrown where it is waited for, below.
    request.catch(() => undefined);
    batch = [];
    running.add(request);
    if (running.size >= requestsAtOnce) await Promise.race(running);
  };
  try {
    for await (const line of createInterface({ input: file.endsWith(".gz") ? source.pipe(createGunzip()) : source, crlfDelay: Infinity })) {
      lineNumber++;
      if (line.trim() === "") continue;
      try {
        batch.push({ line, record: JSON.parse(line) as RecordWritten });
      } catch (error) {
        refuse(line, [{ path: `line ${lineNumber}`, message: String(error) }]);
      }
      if (batch.length >= recordsPerRequest) await flush();
    }
    await flush();
    await Promise.all(running);
  } finally {
    bar.stop();
    refused?.end();
  }
  return counts;
}
