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
import { reportExports, type Export } from "@moja/contracts";
import { Presets, SingleBar } from "cli-progress";
import { whenInterrupted } from "./on-interrupt.ts";
import { lastRowOf } from "./partial-file.ts";

/** The reports that have an export. */
export type Exported = "callLogs" | "inboundRtb" | "outboundRtb" | "incomingWebhooks" | "outgoingWebhooks";

/** The parameters of an export, as its flags are called. */
export type ExportAsked = { format: "csv" | "ndjson"; columns?: string[]; [parameter: string]: unknown };

/** What is exported, the file that it goes to, and where it comes from, in words that tell one place from another. */
export type ExportOptions = { asked: ExportAsked; output: string; from: string; restart?: boolean | undefined };

/** What is kept of an unfinished file: the request, the process that writes it, and the cursor of its answer; empty before there is one. */
type Kept = { same: string; pid: number; cursor: string };

/** How often a file may break off without getting any further. */
const breaksMax = 8;

/** Writes a report's export into a file. One that breaks off goes on after its last whole row, also in another run of the same command; until it is whole, it is called `.part`. */
export async function exportToFile(
  moja: Client,
  report: Exported,
  { asked, output: given, from, restart = false }: ExportOptions,
): Promise<ExportFile["totals"]> {
  const there = statSync(given, { throwIfNoEntry: false });
  if (there?.isDirectory()) throw new Error(`${given} is a folder: name a file`);
  // What is no file, like a device or a named pipe, takes the bytes as they come.
  if (there && !there.isFile()) return exportToPipe(moja, report, asked, createWriteStream(given));
  const output = there ? realpathSync(given) : given;
  const [part, note] = [`${output}.part`, `${output}.moja-progress`];
  const keep = claim(note, { given, same: JSON.stringify({ from, report, asked }), restart });
  const { totals: _, ...counted } = asked;
  const promise = reportExports[report] as Export;
  const { list } = promise;
  const isResumable = [list.at, list.id].every((name) => asked.columns?.includes(name) ?? true);
  const bar = new SingleBar(
    { format: "{bar} {percentage}% | {megabytes} of about {size} MB", stream: process.stderr },
    Presets.shades_classic,
  );
  const stopped = () => {
    bar.stop();
    if (existsSync(part))
      console.error(
        `\nStopped after ${megabytes(statSync(part).size)} MB. The same command ${isResumable ? "goes on from there" : `begins anew, because ${list.at} and ${list.id} are not among the columns`}.`,
      );
    else rmSync(note, { force: true });
  };
  const uninterrupted = whenInterrupted(stopped);
  try {
    const { bytes_estimated } = await moja[report].estimate(counted as object);
    bar.start(Math.max(bytes_estimated, 1), 0, { megabytes: megabytes(0), size: megabytes(bytes_estimated) });
    for (let breaks = 0; ;) {
      const last =
        existsSync(part) && keep.cursor !== ""
          ? await lastRowOf(part, asked.format, promise, asked.columns)
          : undefined;
      const before = last?.end ?? 0;
      if (last) {
        truncateSync(part, before);
        console.error(`\nGoing on after ${megabytes(before)} MB of ${given}; --restart begins anew.`);
      }
      const file = await moja[report].exportFile(
        asked as object,
        last && { resume: { cursor: keep.cursor, after: last.after } },
      );
      if (!last) keep.write(file.cursor);
      try {
        await pipeline(
          counting(file.bytes, before, (bytes) =>
            bar.update(Math.min(bytes, bytes_estimated), { megabytes: megabytes(bytes) }),
          ),
          createWriteStream(part, { flags: last ? "a" : "w" }),
        );
        bar.update(Math.max(bytes_estimated, 1), { megabytes: megabytes(statSync(part).size) });
        renameSync(part, output);
        rmSync(note, { force: true });
        bar.stop();
        return file.totals;
      } catch (error) {
        breaks = existsSync(part) && statSync(part).size > before ? 0 : breaks + 1;
        if (!(error instanceof MojaError) || breaks > breaksMax) throw error;
        console.error("\nThe line broke.");
      }
    }
  } catch (error) {
    stopped();
    throw error;
  } finally {
    uninterrupted();
  }
}

/** Writes a report's export to a stream, like standard output: what breaks off there cannot go on. */
export async function exportToPipe(
  moja: Client,
  report: Exported,
  asked: ExportAsked,
  stream: NodeJS.WritableStream = process.stdout,
): Promise<ExportFile["totals"]> {
  const file = await moja[report].exportFile(asked as object);
  await pipeline(file.bytes, stream, { end: stream !== process.stdout });
  return file.totals;
}

/** Takes an unfinished file for this run: what another run is writing, or another export has left, is not written over. */
function claim(note: string, { given, same, restart }: { given: string; same: string; restart: boolean }) {
  const kept = readKept(note);
  if (kept && isRunning(kept.pid) && !restart)
    throw new Error(`${given} is being written by process ${kept.pid}: let it end, or begin anew with --restart`);
  if (kept && kept.same !== same && !restart)
    throw new Error(
      `${given}.part is the beginning of another export: finish that one, name another --output, or begin anew with --restart`,
    );
  const claimed = { same, pid: process.pid, cursor: restart ? "" : (kept?.cursor ?? "") };
  const write = (cursor: string, flag: "w" | "wx" = "w") =>
    writeFileSync(note, JSON.stringify({ ...claimed, cursor } satisfies Kept), { flag });
  write(claimed.cursor, kept ? "w" : "wx");
  return {
    cursor: claimed.cursor,
    write(cursor: string) {
      this.cursor = cursor;
      write(cursor);
    },
  };
}

function readKept(note: string): Kept | undefined {
  if (!existsSync(note)) return undefined;
  try {
    return JSON.parse(readFileSync(note, "utf8")) as Kept;
  } catch {
    rmSync(note, { force: true });
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

async function* counting(
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
