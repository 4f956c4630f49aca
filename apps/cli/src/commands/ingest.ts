import { appendFileSync, createReadStream, existsSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import type { Client, PushedLines } from "@moja/client";
import { Presets, SingleBar } from "cli-progress";
import { fileProgress, pipeProgress, type Counts } from "./ingest-progress.ts";
import { onInterrupt } from "./on-interrupt.ts";

/** Where the records go, in words that tell one place from another, and the file for lines that are refused. */
export type IngestOptions = { to: string; refused: string; restart?: boolean | undefined };

/** Pushes a file of one record a line in parallel batches; a run that was interrupted goes on where it stopped. */
export async function ingestFile(moja: Client, file: string, { to, refused, restart }: IngestOptions): Promise<Counts> {
  const isPiped = file === "-";
  if (!isPiped && isSame(file, refused))
    throw new Error(`--refused names the file that is pushed, ${refused}: give the refused lines another one.`);
  const savedProgress = isPiped ? pipeProgress : fileProgress(file, to);
  if (restart) savedProgress.remove();
  const progress = savedProgress.read();
  const { counts } = progress;
  if (progress.lines > 0) console.error(`Going on after line ${progress.lines} of ${file}; --restart begins anew.`);
  if (progress.lines === 0) rmSync(refused, { force: true });
  // What was refused after the last receipt is refused again; a file that was taken away begins anew.
  progress.refused_bytes = existsSync(refused) ? Math.min(progress.refused_bytes, statSync(refused).size) : 0;
  if (progress.refused_bytes > 0) truncateSync(refused, progress.refused_bytes);

  const writeRefused = (refusals: PushedLines["receipt"]["refused"]) => {
    const entries = refusals
      .map(({ line, code, issues, text }) => `${JSON.stringify({ line, code, issues, text })}\n`)
      .join("");
    (progress.refused_bytes === 0 ? writeFileSync : appendFileSync)(refused, entries);
    progress.refused_bytes += Buffer.byteLength(entries);
    counts.refused += refusals.length;
  };

  const bar = new SingleBar(
    { format: "{bar} {percentage}% | {lines} lines", stream: process.stderr },
    Presets.shades_classic,
  );
  bar.start(isPiped ? 0 : statSync(file).size, 0, { lines: progress.lines });
  let bytes = 0;
  const countedChunks = async function* (): AsyncGenerator<Uint8Array, void, void> {
    for await (const chunk of (isPiped
      ? process.stdin
      : createReadStream(file, { highWaterMark: 4 * 1024 * 1024 })) as AsyncIterable<Uint8Array>) {
      bytes += chunk.length;
      yield chunk;
    }
  };
  const reportStop = () => {
    bar.stop();
    if (progress.lines === 0) return;
    console.error(
      isPiped
        ? "\nStopped. Push it all again: what is there already counts as unchanged."
        : `\nStopped after line ${progress.lines}. The same command goes on from there.`,
    );
  };
  const removeListeners = onInterrupt(reportStop);
  try {
    for await (const { last_line, receipt } of moja.ingest.pushLines(decompressed(countedChunks(), file), {
      after_line: progress.lines,
    })) {
      if (receipt.refused.length > 0) writeRefused(receipt.refused);
      counts.accepted += receipt.accepted;
      counts.unchanged += receipt.unchanged;
      counts.superseded += receipt.superseded;
      progress.lines = last_line;
      savedProgress.save(progress);
      bar.update(bytes, { lines: progress.lines });
    }
    savedProgress.remove();
    bar.stop();
    return counts;
  } catch (error) {
    reportStop();
    throw error;
  } finally {
    removeListeners();
  }
}

function isSame(file: string, other: string): boolean {
  const [one, two] = [statSync(file), statSync(other, { throwIfNoEntry: false })];
  return one.dev === two?.dev && one.ino === two.ino;
}

/** What a file holds; .gz is unpacked. An error of any part is thrown to who reads it. */
function decompressed(bytes: AsyncIterable<Uint8Array>, file: string): AsyncIterable<Uint8Array> {
  return file.endsWith(".gz") ? pipeline(bytes, createGunzip(), () => undefined) : bytes;
}
