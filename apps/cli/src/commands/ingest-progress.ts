import { closeSync, constants, openSync, readFileSync, rmSync, statSync, writeSync } from "node:fs";

/** What became of a file's records. */
export type Counts = { accepted: number; unchanged: number; superseded: number; refused: number };

/** How far a file has been pushed: its lines with a receipt, what became of them, and how many bytes of refused lines were written. */
export type Progress = { lines: number; refused_bytes: number; counts: Counts };

const noProgress = (): Progress => ({
  lines: 0,
  refused_bytes: 0,
  counts: { accepted: 0, unchanged: 0, superseded: 0, refused: 0 },
});

/** Keeps a file's progress beside it, so that the same command goes on where it stopped. A file that has changed, or goes elsewhere, begins anew. */
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
        const saved = JSON.parse(line) as Progress & { same: string };
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
        // The line is written over, never emptied first: a run that is cut off leaves one whole.
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

/** What is piped in cannot be read again: nothing is kept. */
export const pipeProgress: ReturnType<typeof fileProgress> = { read: noProgress, save: () => {}, remove: () => {} };
