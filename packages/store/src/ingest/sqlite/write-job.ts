import type { StoredValue } from "../../database/row-types.ts";
import type { WriteOutcome } from "../row-layout.ts";

/** What a write worker is started with. */
export type WriterData = {
  path: string;
  /** The identity of the file that the server has opened: another one at its path must not be written. */
  file: string | undefined;
};

/** Rows of one kind with the statements that write them. */
export type WriteStatements = {
  upsert: string;
  /** Selects the digest of the stored row by its key. */
  digest: string;
  /** The indexes of the key's columns among a row's values. */
  key: number[];
  rows: StoredValue[][];
  /** Marks the hours of a written call. */
  mark: false | string;
  /** The statements that replace a written call's tags, and the tags' rows for each of the rows. */
  tags: false | { remove: string; insert: string; rows: StoredValue[][][] };
};

/** What a job does: write rows, or run the write program of a module. */
export type Work = { writes: WriteStatements[] } | { module: string; input: unknown };

/** A message to the write worker; `sentAt` is in milliseconds of the Unix epoch. */
export type Job = { job: number; sentAt: number; work: Work };

/** The write worker's reply to a job, after its commit. */
export type JobResult = { job: number; outcomes: WriteOutcome[]; error?: { message: string; code: string } };
