import { closeSync, constants, openSync, readFileSync, rmSync, statSync, writeSync } from "node:fs";

/** How many records of a file had each result. */
export type Counts = { accepted: number; unchanged: number; superseded: number; refused: number };

/** How far a file has been pushed. */
export type Progress = {
  /** Lines with a receipt. */
  lines: number;
  /** Bytes written to the file of refused lines. */
  refused_bytes: number;
  counts: Counts;
};

const noProgress = (): Progress => ({
  lines: 0,
  refused_bytes: 0,
  counts: { accepted: 0, unchanged: 0, superseded: 0, refused: 0 },
});

/**
 * Saves a file's progress beside it, so that the same command resumes where it stopped. A file that has changed, or
 * that goes to another place, starts over.
 */
export function fileProgress(file: string, to: string) {
  const path = `${file}.moja-progress`;
  const { size, mtimeMs } = statSync(file);
  let isWritable = true;
  let descriptor: number | undefined;
  const same = JSON.stringify({ to, size, mtimeMs });
  return {
    read: (): Progress => {
      try {
        const [line = ""] = readFileSync(path, "utf8").split("\n", 1);
        const saved: Progress & { same: string } = JSON.parse(line);
        if (saved.same === same) return saved;
        console.error(`Beginning anew: ${path} is of a run that went elsewhere, or the file has changed since.`);
        return noProgress();
      } catch {
        return noProgress();
      }
    },
    save: (progress: Progress): void => {
      if (!isWritable) return;
      try {
        // Overwrites the line without truncating it first, so that an interrupted run leaves a whole one.
        descriptor ??= openSync(path, constants.O_RDWR | constants.O_CREAT);
        writeSync(descriptor, `${JSON.stringify({ ...progress, same })}\n`, 0);
      } catch (error) {
        isWritable = false;
        console.error(
          `\nThe progress cannot be kept (${String(error)}): were this run interrupted, it would begin anew.`,
        );
      }
    },
    remove: (): void => {
      if (descriptor !== undefined) closeSync(descriptor);
      descriptor = undefined;
      rmSync(path, { force: true, recursive: true });
    },
  };
}

/** Piped input cannot be read again, so no progress is saved. */
export const pipeProgress: ReturnType<typeof fileProgress> = { read: noProgress, save: () => {}, remove: () => {} };
