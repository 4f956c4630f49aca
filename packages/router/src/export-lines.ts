import { bare, type ExportFormat } from "@moja/contracts";
import { csvFormatRow } from "d3-dsv";
import type { z } from "zod";

type Row = Record<string, unknown>;

/** How rows become the lines of a file: what stands at its beginning, and a line for each row. */
export type Lines = { mediaType: string; heading: string; line: (row: Row) => string };

/** The lines of an export: all columns of the row in its own order, or the given ones in theirs. */
export function linesOf(format: ExportFormat, row: z.core.$ZodShape, columns: string[] | undefined): Lines {
  return format === "csv" ? csv(row, columns ?? Object.keys(row)) : ndjson(columns);
}

function ndjson(columns: string[] | undefined): Lines {
  const line = columns ? (row: Row) => `${JSON.stringify(Object.fromEntries(columns.map((name) => [name, row[name]])))}\n` : (row: Row) => `${JSON.stringify(row)}\n`;
  return { mediaType: "application/x-ndjson; charset=utf-8", heading: "", line };
}

/** CSV by RFC 4180, with a byte order mark because Excel takes a file without one for the local code page. */
function csv(row: z.core.$ZodShape, columns: string[]): Lines {
  const titles = columns.map((name) => titleOf(row[name] as z.core.$ZodType) ?? name);
  const line = (values: Row) => csvLine(columns.map((name) => cell(values[name])));
  return { mediaType: "text/csv; charset=utf-8", heading: `\uFEFF${csvLine(titles)}`, line };
}

/** A line of one empty cell is quoted: parsers skip an empty line. */
function csvLine(cells: string[]): string {
  return `${csvFormatRow(cells) || '""'}\r\n`;
}

/** What a spreadsheet would run: text that begins like a formula, also behind apostrophes. A number is none, nor a telephone number, masked or not. */
const formula = /^(?![+-]\d[\d.*]*$)'*[=@+\-\t\r\n＝＠＋－]/;

/** A value as a cell: null is empty, what has parts is JSON, and an apostrophe keeps text from being run. */
function cell(value: unknown): string {
  if (typeof value === "string") return formula.test(value) ? `'${value}` : value;
  if (value === null || value === undefined) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function titleOf(field: z.core.$ZodType): string | undefined {
  return (field as z.ZodType).meta()?.title ?? (bare(field) as z.ZodType).meta()?.title;
}
