import { reportExports, type ExportFormat } from "@moja/contracts";
import { answers, Scope, type Database } from "@moja/store";
import { linesOf } from "./export-lines.ts";
import { maskFor } from "./personal.ts";

/** A page of a list to be printed as lines; plain data. */
export type Batch = { report: string; organization_id: string; input: Record<string, unknown>; format: ExportFormat; columns: string[] | undefined; masked: boolean };

/** A page as lines: how many rows they are, and where the next page begins. */
export type Printed = { text: Uint8Array; rows: number; next_cursor: string | null };

type Page = { data: Record<string, unknown>[]; next_cursor: string | null };

/** Prints a page of a list: the very rows that the list answers. */
export async function printBatch(database: Database, { report, organization_id, input, format, columns, masked }: Batch): Promise<Printed> {
  const promise = reportExports[report] as (typeof reportExports)[string];
  const { list } = answers[report as keyof typeof answers] as unknown as { list: (scope: Scope, input: object) => Promise<Page> };
  const { data, next_cursor } = await list(new Scope(database, organization_id), input);
  const { line } = linesOf(format, promise.row.shape, columns);
  const mask = masked ? maskFor(promise.row) : undefined;
  let lines = "";
  for (const row of data) lines += line(mask ? (mask(row) as typeof row) : row);
  const text = new TextEncoder().encode(lines);
  return { text, rows: data.length, next_cursor };
}
