import {
  createWriteStream,
  existsSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { pipeline } from "node:stream/promises";
import { MojaError, type Client, type ExportFile } from "@moja/client";
import { reportExports, type Contracts, type Export } from "@moja/contracts";
import { Presets, SingleBar } from "cli-progress";
import { onInterrupt } from "./on-interrupt.ts";
import { lastRowOf } from "./partial-file.ts";

/** The reports that have an export. */
export type Exported = {
  [Report in keyof Contracts]: Contracts[Report] extends { list: unknown } ? Report : never;
}[keyof Contracts];

/** The parameters of an export, as its flags are called. */
export type ExportParameters = { format: "csv" | "ndjson"; columns?: string[]; [parameter: string]: unknown };

/** What is exported, the file that it goes to, and where it comes from, in words that tell one place from another. */
export type ExportOptions = {
  parameters: ExportParameters;
  output: string;
  from: string;
  restart?: boolean | undefined;
};

/** What is kept of an unfinished file: the request, the process that writes it, and the cursor of its answer; empty before there is one. */
type SavedProgress = { same: string; pid: number; cursor: string };

/** How often a file may break off without getting any further. */
const failuresMax = 8;

/** Writes a report's export into a file. One that breaks off goes on after its last whole row, also in another run of the same command; until it is whole, it is called `.part`. */
export async function exportToFile(
  moja: Client,
  report: Exported,
  { parameters, output: outputPath, from, restart = false }: ExportOptions,
): Promise<ExportFile["totals"]> {
  const existing = statSync(outputPath, { throwIfNoEntry: false });
  if (existing?.isDirectory()) throw new Error(`${outputPath} is a folder: name a file`);
  // What is no file, like a device or a named pipe, takes the bytes as they come.
  if (existing && !existing.isFile()) return exportToPipe(moja, report, parameters, createWriteStream(outputPath));
  const output = existing ? realpathSync(outputPath) : outputPath;
  const [partialFile, progressFile] = [`${output}.part`, `${output}.moja-progress`];
  const progress = claimFile(progressFile, { outputPath, same: JSON.stringify({ from, report, parameters }), restart });
  const { totals: _, ...estimateParameters } = parameters;
  const contract = reportExports[report] as Export;
  const { list } = contract;
  const isResumable = [list.at, list.id].every((name) => parameters.columns?.includes(name) ?? true);
  const bar = new SingleBar(
    { format: "{bar} {percentage}% | {megabytes} of about {size} MB", stream: process.stderr },
    Presets.shades_classic,
  );
  const reportStop = () => {
    bar.stop();
    if (existsSync(partialFile))
      console.error(
        `\nStopped after ${megabytes(statSync(partialFile).size)} MB. The same command ${isResumable ? "goes on from there" : `begins anew, because ${list.at} and ${list.id} are not among the columns`}.`,
      );
    else rmSync(progressFile, { force: true });
  };
  const removeListeners = onInterrupt(reportStop);
  try {
    const { bytes_estimated } = await moja[report].estimate(estimateParameters as object);
    bar.start(Math.max(bytes_estimated, 1), 0, { megabytes: megabytes(0), size: megabytes(bytes_estimated) });
    for (let failures = 0; ;) {
      const last =
        existsSync(partialFile) && progress.cursor !== ""
          ? await lastRowOf(partialFile, parameters.format, contract, parameters.columns)
          : undefined;
      const before = last?.end ?? 0;
      if (last) {
        truncateSync(partialFile, before);
        console.error(`\nGoing on after ${megabytes(before)} MB of ${outputPath}; --restart begins anew.`);
      }
      const file = await moja[report].exportFile(
        parameters as object,
        last && { resume: { cursor: progress.cursor, after: last.after } },
      );
      if (!last) progress.write(file.cursor);
      try {
        await pipeline(
          countBytes(file.bytes, before, (bytes) =>
            bar.update(Math.min(bytes, bytes_estimated), { megabytes: megabytes(bytes) }),
          ),
          createWriteStream(partialFile, { flags: last ? "a" : "w" }),
        );
        bar.update(Math.max(bytes_estimated, 1), { megabytes: megabytes(statSync(partialFile).size) });
        renameSync(partialFile, output);
        rmSync(progressFile, { force: true });
        bar.stop();
        return file.totals;
      } catch (error) {
        failures = existsSync(partialFile) && statSync(partialFile).size > before ? 0 : failures + 1;
        if (!(error instanceof MojaError) || failures > failuresMax) throw error;
        console.error("\nThe line broke.");
      }
    }
  } catch (error) {
    reportStop();
    throw error;
  } finally {
    removeListeners();
  }
}

/** Writes a report's export to a stream, like standard output: what breaks off there cannot go on. */
export async function exportToPipe(
  moja: Client,
  report: Exported,
  parameters: ExportParameters,
  stream: NodeJS.WritableStream = process.stdout,
): Promise<ExportFile["totals"]> {
  const file = await moja[report].exportFile(parameters as object);
  await pipeline(file.bytes, stream, { end: stream !== process.stdout });
  return file.totals;
}

/** Takes an unfinished file for this run: what another run is writing, or another export has left, is not written over. */
function claimFile(
  progressFile: string,
  { outputPath, same, restart }: { outputPath: string; same: string; restart: boolean },
) {
  const saved = readProgress(progressFile);
  if (saved && isRunning(saved.pid) && !restart)
    throw new Error(`${outputPath} is being written by process ${saved.pid}: let it end, or begin anew with --restart`);
  if (saved && saved.same !== same && !restart)
    throw new Error(
      `${outputPath}.part is the beginning of another export: finish that one, name another --output, or begin anew with --restart`,
    );
  const own = { same, pid: process.pid, cursor: restart ? "" : (saved?.cursor ?? "") };
  const write = (cursor: string, flag: "w" | "wx" = "w") =>
    writeFileSync(progressFile, JSON.stringify({ ...own, cursor } satisfies SavedProgress), { flag });
  write(own.cursor, saved ? "w" : "wx");
  return {
    cursor: own.cursor,
    write(cursor: string) {
      this.cursor = cursor;
      write(cursor);
    },
  };
}

function readProgress(progressFile: string): SavedProgress | undefined {
  if (!existsSync(progressFile)) return undefined;
  try {
    return JSON.parse(readFileSync(progressFile, "utf8")) as SavedProgress;
  } catch {
    rmSync(progressFile, { force: true });
    return undefined;
  }
}

function isRunning(pid: number): boolean {
  try {
    return pid !== process.pid && process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function* countBytes(
  bytes: AsyncIterable<Uint8Array>,
  before: number,
  show: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  let received = before;
  for await (const chunk of bytes) {
    yield chunk;
    show((received += chunk.length));
  }
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
