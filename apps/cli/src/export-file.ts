import { createWriteStream, existsSync, readFileSync, renameSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { pipeline } from "node:stream/promises";
import { MojaError, type Client, type ExportFile } from "@moja/client";
import { reportExports, type Export } from "@moja/contracts";
import { Presets, SingleBar } from "cli-progress";
import { lastRowOf } from "./export-part.ts";

/** The reports that have an export. */
export type Exported = "callLogs" | "inboundRtb" | "outboundRtb" | "incomingWebhooks" | "outgoingWebhooks";

/** The parameters of an export, as its flags are called. */
export type ExportAsked = { format: "csv" | "ndjson"; columns?: string[]; [parameter: string]: unknown };

/** What is exported, the file that it goes to, and where it comes from, in words that tell one place from another. */
export type ExportOptions = { asked: ExportAsked; output: string; from: string; restart?: boolean | undefined };

/** What is kept of an unfinished file: the request, and the cursor of its answer. */
type Kept = { same: string; cursor: string };

/** How often a file may break off without getting any further. */
const breaksMax = 8;

/** Writes a report's export into a file. One that breaks off goes on after its last whole row, also in another run of the same command; until it is whole, it is called `.part`. */
export async function exportToFile(moja: Client, report: Exported, { asked, output, from, restart }: ExportOptions): Promise<ExportFile["totals"]> {
  const [part, note] = [`${output}.part`, `${output}.moja-progress`];
  const same = JSON.stringify({ from, report, asked });
  if (restart) rmSync(note, { force: true });
  const { totals: _, ...counted } = asked;
  const { bytes_estimated } = await moja[report].estimate(counted as object);
  const bar = new SingleBar({ format: "{bar} {percentage}% | {megabytes} of about {size} MB", stream: process.stderr }, Presets.shades_classic);
  bar.start(Math.max(bytes_estimated, 1), 0, { megabytes: megabytes(0), size: megabytes(bytes_estimated) });
  const show = (bytes: number) => bar.update(Math.min(bytes, bytes_estimated), { megabytes: megabytes(bytes) });
  try {
    for (let breaks = 0; ; ) {
      const resume = await resumeOf(part, note, same, report, asked);
      const before = resume?.end ?? 0;
      if (resume) {
        truncateSync(part, before);
        console.error(`\nGoing on after ${megabytes(before)} MB of ${output}; --restart begins anew.`);
      }
      try {
        const file = await moja[report].exportFile(asked as object, resume && { resume: { cursor: resume.cursor, after: resume.after } });
        if (!resume) writeFileSync(note, JSON.stringify({ same, cursor: file.cursor } satisfies Kept));
        await pipeline(counting(file.bytes, before, show), createWriteStream(part, { flags: resume ? "a" : "w" }));
        bar.update(Math.max(bytes_estimated, 1), { megabytes: megabytes(statSync(part).size) });
        renameSync(part, output);
        rmSync(note, { force: true });
        return file.totals;
      } catch (error) {
        const furtherOn = existsSync(part) && statSync(part).size > before;
        breaks = furtherOn ? 0 : breaks + 1;
        if (!(error instanceof MojaError) || error.code !== "unreachable" || breaks > breaksMax) throw error;
      }
    }
  } catch (error) {
    if (existsSync(part) && existsSync(note)) console.error("\nStopped. The same command goes on from there.");
    throw error;
  } finally {
    bar.stop();
  }
}

/** Writes a report's export to standard output: what breaks off there cannot go on. */
export async function exportToPipe(moja: Client, report: Exported, asked: ExportAsked): Promise<ExportFile["totals"]> {
  const file = await moja[report].exportFile(asked as object);
  await pipeline(file.bytes, process.stdout, { end: false });
  return file.totals;
}

/** Where an unfinished file of the same request goes on; undefined when there is none. */
async function resumeOf(part: string, note: string, same: string, report: Exported, { format, columns }: ExportAsked) {
  if (!existsSync(part) || !existsSync(note)) return undefined;
  const kept = readKept(note);
  const last = kept?.same === same ? await lastRowOf(part, format, reportExports[report] as Export, columns) : undefined;
  return kept && last && { cursor: kept.cursor, ...last };
}

function readKept(note: string): Kept | undefined {
  try {
    return JSON.parse(readFileSync(note, "utf8")) as Kept;
  } catch {
    return undefined;
  }
}

async function* counting(bytes: AsyncIterable<Uint8Array>, before: number, show: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  let received = before;
  for await (const chunk of bytes) {
    yield chunk;
    show((received += chunk.length));
  }
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
