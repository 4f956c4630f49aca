import { appendFileSync, createReadStream, existsSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import type { Client } from "@moja/client";
import type { RecordWritten } from "@moja/contracts";
import { Presets, SingleBar } from "cli-progress";
import split from "split2";
import { pipeProgress, progressOf, type Counts } from "./ingest-progress.ts";

/** Where the records go, in words that tell one place from another, and the file for lines that are refused. */
export type IngestOptions = { to: string; refused: string; restart?: boolean | undefined };

/** A line that waits for its receipt; `broken` says why it is no JSON. */
type Line = { number: number; text: string; broken: string | undefined };

/** Pushes a file of one record a line in parallel batches; a run that was interrupted goes on where it stopped. */
export async function ingestFile(moja: Client, file: string, { to, refused, restart }: IngestOptions): Promise<Counts> {
  const piped = file === "-";
  const kept = piped ? pipeProgress : progressOf(file, to);
  if (restart) kept.forget();
  const progress = kept.read();
  const { counts } = progress;
  if (progress.lines > 0) console.error(`Going on after line ${progress.lines} of ${file}; --restart begins anew.`);
  if (progress.lines === 0) rmSync(refused, { force: true });
  // What was refused after the last receipt is refused again; a file that was taken away begins anew.
  progress.refused_bytes = existsSync(refused) ? Math.min(progress.refused_bytes, statSync(refused).size) : 0;
  if (progress.refused_bytes > 0) truncateSync(refused, progress.refused_bytes);

  const refuse = ({ number, text }: Line, code: string, issues: unknown) => {
    const entry = `${JSON.stringify({ line: number, code, issues, text })}\n`;
    (progress.refused_bytes === 0 ? writeFileSync : appendFileSync)(refused, entry);
    progress.refused_bytes += Buffer.byteLength(entry);
    counts.refused++;
  };

  const source = piped ? process.stdin : createReadStream(file);
  const bar = new SingleBar({ format: "{bar} {percentage}% | {lines} lines", stream: process.stderr }, Presets.shades_classic);
  bar.start(piped ? 0 : statSync(file).size, 0, { lines: progress.lines });
  let bytes = 0;
  source.on("data", (chunk: Buffer) => void (bytes += chunk.length));

  const waiting: Line[] = [];
  /** The next line that was pushed; lines before it that are no JSON are refused here, so that all stand in their order. */
  const next = (): Line | undefined => {
    for (let line = waiting.shift(); line; line = waiting.shift()) {
      if (line.broken === undefined) return line;
      refuse(line, "invalid_json", [{ path: "", message: line.broken }]);
    }
    return undefined;
  };
  try {
    for await (const { records, receipt } of moja.ingest.pushAll(recordsOf(lines(source, file), progress.lines, { waiting, next }))) {
      const pushed = records.map(() => next() as Line);
      for (const { index, code, issues } of receipt.refused) refuse(pushed[index] as Line, code, issues);
      counts.accepted += receipt.accepted;
      counts.unchanged += receipt.unchanged;
      counts.superseded += receipt.superseded;
      progress.lines = pushed.at(-1)?.number ?? progress.lines;
      kept.keep(progress);
      bar.update(bytes, { lines: progress.lines });
    }
    next();
    kept.forget();
    return counts;
  } catch (error) {
    console.error(piped ? "\nStopped. Push it all again: what is there already counts as unchanged." : `\nStopped after line ${progress.lines}. The same command goes on from there.`);
    throw error;
  } finally {
    bar.stop();
  }
}

/** The lines of a source; .gz is unpacked. An error of any part is thrown to who reads them. */
function lines(source: NodeJS.ReadableStream, file: string): AsyncIterable<string> {
  const thrown = () => undefined;
  return file.endsWith(".gz") ? pipeline(source, createGunzip(), split(), thrown) : pipeline(source, split(), thrown);
}

/** The records on the lines after the first so many. Each line that is not empty waits for its receipt, but for what is no JSON and has nothing to wait for. */
async function* recordsOf(texts: AsyncIterable<string>, after: number, { waiting, next }: { waiting: Line[]; next: () => unknown }): AsyncGenerator<RecordWritten, void, void> {
  let number = 0;
  for await (const text of texts) {
    if (++number <= after || text.trim() === "") continue;
    const { record, broken } = parsed(number === 1 ? text.replace(/^\uFEFF/, "") : text);
    waiting.push({ number, text, broken });
    if (broken === undefined) yield record as RecordWritten;
    else if (waiting.length === 1) next();
  }
}

function parsed(text: string): { record?: unknown; broken?: string } {
  try {
    return { record: JSON.parse(text) };
  } catch (error) {
    return { broken: error instanceof Error ? error.message : String(error) };
  }
}
