import { kindOf, unwrap, type ExportFormat } from "@moja/contracts";
import { csvFormatRow, csvFormatValue } from "d3-dsv";
import { z } from "zod";

type Row = Record<string, unknown>;

/** Formats rows as the lines of a file. All rows have their columns in the same order. */
export type RowFormat = {
  mediaType: string;
  /** Text at the beginning of the file. */
  heading: string;
  /** A row as a line, with its line end. */
  line: (row: Row) => string;
};

/** The format of an export: all columns in the row's order, or the given ones in theirs. */
export function rowFormat(format: ExportFormat, row: z.core.$ZodShape, columns: string[] | undefined): RowFormat {
  return format === "csv" ? csv(row, columns ?? Object.keys(row)) : ndjson(columns);
}

function ndjson(columns: string[] | undefined): RowFormat {
  const line = columns
    ? (row: Row) => `${JSON.stringify(Object.fromEntries(columns.map((name) => [name, row[name]])))}\n`
    : (row: Row) => `${JSON.stringify(row)}\n`;
  return { mediaType: "application/x-ndjson; charset=utf-8", heading: "", line };
}

/** CSV by RFC 4180, with a byte order mark, without which Excel assumes the local code page. */
function csv(row: z.core.$ZodShape, columns: string[]): RowFormat {
  const titles = columns.map((name) => columnTitle(fieldOf(row, name)) ?? name);
  const cells = columns.map((name) => (needsNoQuoting(fieldOf(row, name)) ? plainCell : textCell));
  let indexes: number[] | undefined;
  const line = (record: Row) => {
    // Reading values by index is much faster than by name, and all rows have the order of the first.
    indexes ??= columns.map((name) => Object.keys(record).indexOf(name));
    const values = Object.values(record);
    return csvLine(cells.map((cell, index) => cell(values[indexes?.[index] ?? -1])).join(","));
  };
  return { mediaType: "text/csv; charset=utf-8", heading: `\uFEFF${csvLine(csvFormatRow(titles))}`, line };
}

/** Ends a line. One empty cell is quoted, because parsers skip an empty line. */
function csvLine(line: string): string {
  return `${line || '""'}\r\n`;
}

function fieldOf(row: z.core.$ZodShape, name: string): z.core.$ZodType {
  const field = row[name];
  if (!field) throw new Error(`The row has no column ${name}`);
  return field;
}

/** Numbers, flags and timestamps hold nothing that CSV quotes or a spreadsheet runs. */
function needsNoQuoting(field: z.core.$ZodType): boolean {
  return ["usd", "count", "flag", "instant"].includes(kindOf(field));
}

function plainCell(value: unknown): string {
  return value === null || value === undefined ? "" : String(value);
}

/**
 * Text that a spreadsheet would run as a formula, also behind apostrophes, spaces, quotes and what other locales separate
 * cells by. Numbers are not, nor are telephone numbers, whose mask ends in stars.
 */
const formulaPattern = /^(?![+-]\d+(\.\d+)?$|\+\d+\*+$)[\s'";|]*[=@+\-\t\r\n＝＠＋－]/;

/** A formula at the beginning of a cell of its own, where a locale separates cells by semicolons or tabs. */
const innerFormula = /[;\t](?=[\s"']*[=@＝＠]|["']*[+\-＋－][^\s\d])/g;

/** A shortcut for nearly all text, faster than the pattern: what begins with a letter or a digit is no formula. */
function startsWithLetterOrDigit(text: string): boolean {
  const code = text.charCodeAt(0);
  return (code >= 0x41 && code <= 0x7a) || (code >= 0xa1 && code < 0xff00) || (code >= 0x30 && code <= 0x39);
}

/** The most characters that a cell of Excel holds. It would cut a longer one without a word. */
const cellMax = 32_767;

/** Cuts a text to what a cell holds, with a mark that says so. */
function fitCell(text: string): string {
  if (text.length <= cellMax) return text;
  const mark = ` … [cut: ${text.length} characters; whole in the list and in NDJSON]`;
  return text.slice(0, cellMax - mark.length).toWellFormed() + mark;
}

/** A value as a cell: null is empty, objects and lists are JSON, and apostrophes disarm formulas. */
function textCell(value: unknown): string {
  if (value === null || value === undefined) return "";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return csvFormatValue(fitCell(withoutFormulas(text)));
}

function withoutFormulas(text: string): string {
  const start = !startsWithLetterOrDigit(text) && formulaPattern.test(text) ? "'" : "";
  return start + (text.includes(";") || text.includes("\t") ? text.replace(innerFormula, "$&'") : text);
}

function columnTitle(field: z.core.$ZodType): string | undefined {
  return z.globalRegistry.get(field)?.title ?? z.globalRegistry.get(unwrap(field))?.title;
}
