import { closeSync, createReadStream, openSync, readSync, statSync } from "node:fs";
import { pipeline } from "node:stream/promises";
import type { Export, ExportFormat } from "@moja/contracts";
import { parse } from "csv-parse";
import split from "split2";

/** The last whole row of an unfinished file: where it ends in bytes, and its time and id with a comma between. */
export type LastRow = { end: number; after: string };

/** Finds the last whole row of an unfinished file; undefined where it has none, or no columns of time and id. */
export async function lastRowOf(
  part: string,
  { list: { at, id }, row }: Export,
  { format, columns = Object.keys(row.shape) }: { format: ExportFormat; columns?: string[] },
): Promise<LastRow | undefined> {
  const [atColumn, idColumn] = [columns.indexOf(at), columns.indexOf(id)];
  if (atColumn < 0 || idColumn < 0) return undefined;
  return format === "csv" ? lastCsvRow(part, atColumn, idColumn) : lastNdjsonRow(part, at, id);
}

async function lastNdjsonRow(part: string, at: string, id: string): Promise<LastRow | undefined> {
  const { size } = statSync(part);
  let [end, last] = [0, ""];
  const lines: AsyncIterable<string> = createReadStream(part).pipe(split());
  for await (const line of lines) {
    const next = end + Buffer.byteLength(line) + 1;
    if (next > size) break;
    [end, last] = [next, line];
  }
  if (last === "") return undefined;
  const row: Record<string, unknown> = JSON.parse(last);
  return { end, after: `${String(row[at])},${String(row[id])}` };
}

async function lastCsvRow(part: string, atColumn: number, idColumn: number): Promise<LastRow | undefined> {
  const { size } = statSync(part);
  let last: LastRow | undefined;
  const rows = parse({
    bom: true,
    record_delimiter: "\r\n",
    relax_column_count: true,
    on_record: (cells: string[], { bytes, records }) => {
      const isTitles = records === 1;
      if (!isTitles && (bytes < size || endsLine(part, size)))
        last = { end: bytes, after: `${cells[atColumn]},${cells[idColumn]}` };
      return null;
    },
  });
  rows.resume();
  // An open quote marks the cut-off row, after the last whole one.
  await pipeline(createReadStream(part), rows).catch((error: unknown) => {
    if (!(error instanceof Error && "code" in error && error.code === "CSV_QUOTE_NOT_CLOSED")) throw error;
  });
  return last;
}

function endsLine(part: string, size: number): boolean {
  const ending = Buffer.alloc(2);
  const file = openSync(part, "r");
  readSync(file, ending, 0, 2, size - 2);
  closeSync(file);
  return ending.toString() === "\r\n";
}
