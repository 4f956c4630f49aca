import { appendFileSync, createReadStream, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import type { Client, PushedLines } from "@moja/client";
import { Presets, SingleBar } from "cli-progress";
import { fileProgress, pipeProgress, type Counts, type Progress } from "./ingest-progress.ts";
import { onInterrupt } from "./on-interrupt.ts";

/** Where records and refused lines go. */
export type IngestOptions = {
  /** The organization and the API, in words that tell different places apart. */
  to: string;
  /** The file for refused lines. */
  refused: string;
  /** Whether to discard the saved progress. */
  restart?: boolean | undefined;
};

type Refusals = PushedLines["receipt"]["refused"];

/** Pushes a file of one record a line in parallel batches. An interrupted run resumes where it stopped. */
export async function ingestFile(moja: Client, file: string, { to, refused, restart }: IngestOptions): Promise<Counts> {
  const isPiped = file === "-";
  if (!isPiped && isSame(file, refused))
    throw new Error(`--refused names the file that is pushed, ${refused}: give the refused lines another one.`);
  const savedProgress = isPiped ? pipeProgress : fileProgress(file, to);
  if (restart) savedProgress.remove();
  const progress = savedProgress.read();
  if (progress.lines > 0) console.error(`Going on after line ${progress.lines} of ${file}; --restart begins anew.`);
  cutRefusedFile(refused, progress);
  const input = openInput(file, progress);
  const onStop = () => {
    input.bar.stop();
    reportStop(progress, isPiped);
  };
  const removeListeners = onInterrupt(onStop);
  try {
    for await (const { last_line, receipt } of moja.ingest.pushLines(input.lines, { after_line: progress.lines })) {
      writeRefused(refused, receipt.refused, progress);
      progress.counts.accepted += receipt.accepted;
      progress.counts.unchanged += receipt.unchanged;
      progress.counts.superseded += receipt.superseded;
      progress.lines = last_line;
      savedProgress.save(progress);
      input.updateBar();
    }
    savedProgress.remove();
    input.bar.stop();
    return progress.counts;
  } catch (error) {
    onStop();
    throw error;
  } finally {
    removeListeners();
  }
}

/** Cuts the file of refused lines to the last receipt, because later lines are pushed again. */
function cutRefusedFile(refused: string, progress: Progress): void {
  if (progress.lines === 0) rmSync(refused, { force: true });
  const size = statSync(refused, { throwIfNoEntry: false })?.size ?? 0;
  progress.refused_bytes = Math.min(progress.refused_bytes, size);
  if (progress.refused_bytes > 0) truncateSync(refused, progress.refused_bytes);
}

function writeRefused(refused: string, refusals: Refusals, progress: Progress): void {
  if (refusals.length === 0) return;
  const entries = refusals
    .map(({ line, code, issues, text }) => `${JSON.stringify({ line, code, issues, text })}\n`)
    .join("");
  (progress.refused_bytes === 0 ? writeFileSync : appendFileSync)(refused, entries);
  progress.refused_bytes += Buffer.byteLength(entries);
  progress.counts.refused += refusals.length;
}

/** Opens the input, with a progress bar over its bytes. */
function openInput(file: string, progress: Progress) {
  const isPiped = file === "-";
  const bar = new SingleBar(
    { format: "{bar} {percentage}% | {lines} lines", stream: process.stderr },
    Presets.shades_classic,
  );
  bar.start(isPiped ? 0 : statSync(file).size, 0, { lines: progress.lines });
  const source: AsyncIterable<Uint8Array> = isPiped ? process.stdin : createReadStream(file, { highWaterMark });
  let bytes = 0;
  const countedChunks = async function* (): AsyncGenerator<Uint8Array, void, void> {
    for await (const chunk of source) {
      bytes += chunk.length;
      yield chunk;
    }
  };
  return {
    bar,
    lines: decompressed(countedChunks(), file),
    updateBar: () => bar.update(bytes, { lines: progress.lines }),
  };
}

/** How much of a file is read at once, in bytes. */
const highWaterMark = 4 * 1024 * 1024;

/** Tells the user how to resume. */
function reportStop({ lines }: Progress, isPiped: boolean): void {
  if (lines === 0) return;
  console.error(
    isPiped
      ? "\nStopped. Push it all again: what is there already counts as unchanged."
      : `\nStopped after line ${lines}. The same command goes on from there.`,
  );
}

function isSame(file: string, other: string): boolean {
  const [one, two] = [statSync(file), statSync(other, { throwIfNoEntry: false })];
  return one.dev === two?.dev && one.ino === two.ino;
}

/** The content of a file; .gz is decompressed. Errors of the source and of the decompression reach the reader. */
function decompressed(bytes: AsyncIterable<Uint8Array>, file: string): AsyncIterable<Uint8Array> {
  return file.endsWith(".gz") ? pipeline(bytes, createGunzip(), () => undefined) : bytes;
}
