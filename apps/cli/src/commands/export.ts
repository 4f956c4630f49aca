import { createWriteStream, realpathSync, renameSync, statSync, truncateSync } from "node:fs";
import { pipeline } from "node:stream/promises";
import { MojaError, type Client, type ExportFile } from "@moja/client";
import { reportExports, type Contracts, type Export, type ExportFormat } from "@moja/contracts";
import { Presets, SingleBar } from "cli-progress";
import { claimFile, type ExportProgress } from "./export-progress.ts";
import { onInterrupt } from "./on-interrupt.ts";
import { lastRowOf, type LastRow } from "./partial-file.ts";

/** The reports that have an export. */
export type Exported = {
  [Report in keyof Contracts]: Contracts[Report] extends { list: unknown } ? Report : never;
}[keyof Contracts];

/** The parameters of an export, named like its flags. */
export type ExportParameters = { format: ExportFormat; columns?: string[]; [parameter: string]: unknown };

/** What to export, and where. */
export type ExportOptions = {
  parameters: ExportParameters;
  /** The path of the file. */
  output: string;
  /** The API and organization, in words that tell exports from different places apart. */
  from: string;
  /** Whether to discard an unfinished file. */
  restart?: boolean | undefined;
};

/** An export into a file that this process writes. */
type Job = {
  moja: Client;
  report: Exported;
  contract: Export;
  parameters: ExportParameters;
  /** The path as the user wrote it. */
  outputPath: string;
  /** The file that the path leads to. */
  output: string;
  /** The unfinished file. */
  part: string;
  progress: ExportProgress;
  bar: SingleBar;
};

/** How many attempts in a row may fail without receiving a whole row more. */
const failuresMax = 8;

/**
 * Writes a report's export to a file. Until it is complete the file is called `.part`; one that broke off resumes after
 * its last whole row, also in a later run of the same command.
 */
export async function exportToFile(
  moja: Client,
  report: Exported,
  { parameters, output: outputPath, from, restart = false }: ExportOptions,
): Promise<ExportFile["totals"]> {
  const existing = statSync(outputPath, { throwIfNoEntry: false });
  if (existing?.isDirectory()) throw new Error(`${outputPath} is a folder: name a file`);
  // Devices and named pipes cannot be resumed.
  if (existing && !existing.isFile()) return writeTo(createWriteStream(outputPath), moja[report], parameters);
  const contract = reportExports[report];
  if (!contract) throw new Error(`${report} has no export`);
  const output = existing ? realpathSync(outputPath) : outputPath;
  const same = JSON.stringify({ from, report, parameters });
  const progress = claimFile(`${output}.moja-progress`, { outputPath, same, restart });
  const job = { moja, report, contract, parameters, outputPath, output, part: `${output}.part`, progress };
  return run({ ...job, bar: progressBar() });
}

/** Writes a report's export to standard output, where one that breaks off cannot be resumed. */
export async function exportToPipe(
  moja: Client,
  report: Exported,
  parameters: ExportParameters,
): Promise<ExportFile["totals"]> {
  return writeTo(process.stdout, moja[report], parameters);
}

async function writeTo(
  stream: NodeJS.WritableStream,
  client: Client[Exported],
  parameters: object,
): Promise<ExportFile["totals"]> {
  const file = await client.exportFile(parameters);
  await pipeline(file.bytes, stream, { end: stream !== process.stdout });
  return file.totals;
}

async function run(job: Job): Promise<ExportFile["totals"]> {
  const removeListeners = onInterrupt(() => reportStop(job));
  try {
    return await download(job, await startBar(job));
  } catch (error) {
    reportStop(job);
    throw error;
  } finally {
    removeListeners();
  }
}

/** Downloads the file, and resumes it as long as attempts receive more of it. */
async function download(job: Job, bytesEstimated: number): Promise<ExportFile["totals"]> {
  const { moja, report, progress, part } = job;
  const parameters: object = job.parameters;
  for (let failures = 0; ;) {
    const last = await cutToLastRow(job);
    const received = last?.end ?? 0;
    const resume = last && { resume: { cursor: progress.cursor, after: last.after } };
    const file = await moja[report].exportFile(parameters, resume);
    if (!last) progress.write(file.cursor);
    try {
      const bytes = countBytes(job, file.bytes, { received, bytesEstimated });
      await pipeline(bytes, createWriteStream(part, { flags: received > 0 ? "a" : "w" }));
      finish(job, bytesEstimated);
      return file.totals;
    } catch (error) {
      failures = sizeOf(part) > received ? 0 : failures + 1;
      if (!(error instanceof MojaError) || failures > failuresMax) throw error;
      console.error("\nThe line broke.");
    }
  }
}

/** Cuts the unfinished file after its last whole row; undefined where there is nothing to resume. */
async function cutToLastRow({ part, parameters, contract, progress, outputPath }: Job): Promise<LastRow | undefined> {
  if (progress.cursor === "" || !statSync(part, { throwIfNoEntry: false })) return undefined;
  const last = await lastRowOf(part, contract, parameters);
  if (!last) return undefined;
  truncateSync(part, last.end);
  console.error(`\nGoing on after ${megabytes(last.end)} MB of ${outputPath}; --restart begins anew.`);
  return last;
}

function finish({ bar, part, output, progress }: Job, bytesEstimated: number): void {
  bar.update(Math.max(bytesEstimated, 1), { megabytes: megabytes(sizeOf(part)) });
  renameSync(part, output);
  progress.remove();
  bar.stop();
}

/** Tells the user what is left of an export that stops before its end. */
function reportStop({ bar, part, progress, parameters, contract: { list } }: Job): void {
  bar.stop();
  if (!statSync(part, { throwIfNoEntry: false })) return progress.remove();
  const isResumable = [list.at, list.id].every((name) => parameters.columns?.includes(name) ?? true);
  const next = isResumable
    ? "goes on from there"
    : `begins anew, because ${list.at} and ${list.id} are not among the columns`;
  console.error(`\nStopped after ${megabytes(sizeOf(part))} MB. The same command ${next}.`);
}

function progressBar(): SingleBar {
  return new SingleBar(
    { format: "{bar} {percentage}% | {megabytes} of about {size} MB", stream: process.stderr },
    Presets.shades_classic,
  );
}

/** Starts the progress bar, and returns the estimated size of the file in bytes. */
async function startBar({ moja, report, parameters, bar }: Job): Promise<number> {
  const { totals: _, ...estimated } = parameters;
  const input: object = estimated;
  const { bytes_estimated } = await moja[report].estimate(input);
  bar.start(Math.max(bytes_estimated, 1), 0, { megabytes: megabytes(0), size: megabytes(bytes_estimated) });
  return bytes_estimated;
}

/** Passes the bytes on, and counts them on the progress bar. */
async function* countBytes(
  { bar }: Job,
  bytes: AsyncIterable<Uint8Array>,
  { received, bytesEstimated }: { received: number; bytesEstimated: number },
): AsyncGenerator<Uint8Array> {
  let count = received;
  for await (const chunk of bytes) {
    yield chunk;
    count += chunk.length;
    bar.update(Math.min(count, bytesEstimated), { megabytes: megabytes(count) });
  }
}

/** The size of a file in bytes; 0 where it does not exist. */
function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
