import { kindOf, unwrap, type ExportFormat } from "@moja/contracts";
import { csvFormatRow, csvFormatValue } from "d3-dsv";
import type { z } from "zod";

type Row = Record<string, unknown>;

/** How rows, whose columns stand in one order, become the lines of a file: what stands at its beginning, and a line for each row. */
export type RowFormat = { mediaType: string; heading: string; line: (row: Row) => string };

/** The lines of an export: all columns of the row in its own order, or the given ones in theirs. */
export function rowFormat(format: ExportFormat, row: z.core.$ZodShape, columns: string[] | undefined): RowFormat {
  return format === "csv" ? csv(row, columns ?? Object.keys(row)) : ndjson(columns);
}

function ndjson(columns: string[] | undefined): RowFormat {
  const line = columns
    ? (row: Row) => `${JSON.stringify(Object.fromEntries(columns.map((name) => [name, row[name]])))}\n`
    : (row: Row) => `${JSON.stringify(row)}\n`;
  return { mediaType: "application/x-ndjson; charset=utf-8", heading: "", line };
}

/** CSV by RFC 4180, with a byte order mark because Excel takes a file without one for the local code page. */
function csv(row: z.core.$ZodShape, columns: string[]): RowFormat {
  const titles = columns.map((name) => columnTitle(row[name] as z.core.$ZodType) ?? name);
  const cells = columns.map((name) => (needsNoQuoting(row[name] as z.core.$ZodType) ? plainCell : textCell));
  let indexes: number[] | undefined;
  const line = (record: Row) => {
    // All rows have their columns in the order of the first, and by place they are read much faster than by name.
    indexes ??= columns.map((name) => Object.keys(record).indexOf(name));
    const values = Object.values(record);
    return csvLine(cells.map((cell, index) => cell(values[indexes?.[index] ?? -1])).join(","));
  };
  return { mediaType: "text/csv; charset=utf-8", heading: `\uFEFF${csvLine(csvFormatRow(titles))}`, line };
}

/** A line of one empty cell is quoted: parsers skip an empty line. */
function csvLine(line: string): string {
  return `${line || '""'}\r\n`;
}

/** Numbers, flags and moments hold nothing that CSV quotes or a spreadsheet runs. */
function needsNoQuoting(field: z.core.$ZodType): boolean {
  return ["usd", "count", "flag", "instant"].includes(kindOf(field));
}

function plainCell(value: unknown): string {
  return value === null || value === undefined ? "" : String(value);
}

/** What a spreadsheet would run: text that begins like a formula, also behind apostrophes. A number is none, nor a telephone number, whose mask ends in stars. */
const formulaPattern = /^(?![+-]\d+(\.\d+)?$|\+\d+\*+$)'*[=@+\-\t\r\n＝＠＋－]/;

/** Whether text begins as nearly all does, by a letter or a digit, and no formula: told faster than by the expression. */
function startsWithLetterOrDigit(text: string): boolean {
  const code = text.charCodeAt(0);
  return (code >= 0x41 && code < 0xff00) || (code >= 0x30 && code <= 0x39);
}

/** A value as a cell: null is empty, what has parts is JSON, and an apostrophe keeps text from being run. */
function textCell(value: unknown): string {
  if (value === null || value === undefined) return "";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return csvFormatValue(!startsWithLetterOrDigit(text) && formulaPattern.test(text) ? `'${text}` : text);
}

function columnTitle(field: z.core.$ZodType): string | undefined {
  return (field as z.ZodType).meta()?.title ?? (unwrap(field) as z.ZodType).meta()?.title;
}
