import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";

/** State of an unfinished file, saved beside it. */
type SavedProgress = {
  /** The request and where it goes: only the same export may resume the file. */
  same: string;
  /** The process that writes the file. */
  pid: number;
  /** The cursor of the response that began the file; empty before there is one. */
  cursor: string;
};

/** The progress of the export that this process writes. */
export type ExportProgress = {
  readonly cursor: string;
  /** Saves the cursor of a response that begins the file. */
  write: (cursor: string) => void;
  /** Deletes the saved progress. */
  remove: () => void;
};

/** Claims an unfinished file for this process. Fails if another process writes it, or it belongs to another export. */
export function claimFile(
  progressFile: string,
  { outputPath, same, restart }: { outputPath: string; same: string; restart: boolean },
): ExportProgress {
  const saved = readProgress(progressFile);
  if (saved && isRunning(saved.pid) && !restart)
    throw new Error(`${outputPath} is being written by process ${saved.pid}: let it end, or begin anew with --restart`);
  if (saved && saved.same !== same && !restart)
    throw new Error(
      `${outputPath}.part is the beginning of another export: ` +
        "finish that one, name another --output, or begin anew with --restart",
    );
  const own: SavedProgress = { same, pid: process.pid, cursor: restart ? "" : (saved?.cursor ?? "") };
  // The flag `wx` fails where another process has created the file since it was read.
  writeFileSync(progressFile, JSON.stringify(own), { flag: saved ? "w" : "wx" });
  return {
    get cursor() {
      return own.cursor;
    },
    write: (cursor) => {
      own.cursor = cursor;
      writeFileSync(progressFile, JSON.stringify(own));
    },
    remove: () => rmSync(progressFile, { force: true }),
  };
}

function readProgress(progressFile: string): SavedProgress | undefined {
  if (!existsSync(progressFile)) return undefined;
  try {
    return JSON.parse(readFileSync(progressFile, "utf8"));
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
