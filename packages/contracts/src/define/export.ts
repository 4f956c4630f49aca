import { z } from "zod";
import { Id, Instant } from "../fields.ts";
import type { Tag } from "../operation-tags.ts";
import { keysOf } from "../typed-object.ts";
import { spellingsDescription, trueOrFalse } from "./boolean-parameter.ts";
import type { Filter } from "./filters.ts";
import { cursorParameter } from "./list.ts";

/** What an export takes from the contract of its list. */
export type List = {
  path: string;
  tag: Tag;
  summary: string;
  row: z.ZodObject;
  /** The column that identifies a row. */
  id: string;
  /** The column of a row's time. */
  at: string;
  filters: Record<string, Filter>;
  input: z.ZodObject;
  example: { input: Record<string, unknown>; output: { data: Record<string, unknown>[] } };
};

/** The file formats of an export. */
export const exportFormats = ["csv", "ndjson"] as const;

/** The file format of an export. */
export type ExportFormat = (typeof exportFormats)[number];

/** The response headers of an export. */
export const exportHeaders = {
  /** The cursor to resume it with. */
  cursor: "X-Export-Cursor",
  /** Its control totals, as JSON. */
  totals: "X-Export-Totals",
  /** A trailer: the number of its rows, which only a complete export carries. */
  rows: "X-Export-Rows",
} as const;

/** The contract of an export: every row of a list in one file. It has the list's parameters and those of the file. */
export type Export = Omit<List, "example"> & {
  list: List;
  description: string;
};

/** Derives the export of a list. `report` names it in its path. */
export function exportOf(report: string, list: List): Export {
  const { tag, row, id, at, filters } = list;
  return {
    path: `/v1/exports/${report}`,
    tag,
    summary: list.summary.replace(/^List/, "Export"),
    description: descriptionOf(list),
    row,
    id,
    at,
    filters,
    input: z.strictObject({
      ...fileParameters(list),
      ...list.input.omit({ limit: true, cursor: true }).shape,
      ...resumeParameters(list),
      estimate: trueOrFalse()
        .meta({
          title: "Estimate",
          description:
            "`true` answers how many rows and bytes the export has, as JSON, instead of the export. " +
            spellingsDescription,
          examples: ["true"],
        })
        .default("false"),
    }),
    list,
  };
}

/** The parameters of the file: its format and its columns. */
function fileParameters({ row, id, at }: List) {
  return {
    format: z
      .enum(exportFormats)
      .meta({
        title: "Format",
        description:
          "`csv` for people and spreadsheets, `ndjson` for programs: the list's rows, one JSON object a line.",
        examples: ["csv"],
      })
      .default("csv"),
    columns: z
      .array(z.enum(keysOf(row.shape)))
      .min(1)
      .refine((names) => new Set(names).size === names.length, "must name each column once")
      .meta({
        title: "Columns",
        description: "Only these columns, in this order. Left out: all.",
        examples: [[at, id]],
      })
      .optional(),
  };
}

/** The parameters that resume an export: its cursor and its last whole row. */
function resumeParameters({ id, at }: List) {
  return {
    cursor: cursorParameter(
      `To resume: the header \`${exportHeaders.cursor}\` of the export that broke off. ` +
        "It belongs to the same filters, order and window.",
    ),
    after: z
      .string()
      .refine(isPosition, `must be the last row's ${at} and ${id}, like 2026-05-04T12:00:00.000Z,id_1`)
      .meta({
        title: "After",
        description:
          `To resume: the last whole row received, as its \`${at}\` and \`${id}\` with a comma between. ` +
          "Needs `cursor`.",
        examples: ["2026-05-04T12:00:00.000Z,call_7q2m4xk1"],
      })
      .optional(),
  };
}

/** The response to `estimate`: the size of an export. */
export const ExportEstimate = z
  .strictObject({
    rows: z
      .int()
      .min(0)
      .meta({ title: "Rows", description: "How many rows there are: exact.", examples: [1] }),
    bytes_estimated: z
      .int()
      .min(0)
      .meta({
        title: "Estimated size (bytes)",
        description:
          "How large the file is before compression: estimated from the first rows, " +
          "exact when there are no more than 1,000.",
        examples: [1212],
      }),
  })
  .meta({ title: "Size of an export", description: "How large an export will be." });

/**
 * Parses `after` to a row's time, in milliseconds, and its id. In a CSV an id may start with the apostrophe that keeps
 * a spreadsheet from running it as a formula.
 */
export function parsePosition(after: string): { at: number; id: string } {
  const [at = "", id = ""] = after.split(",");
  return { at: Date.parse(at), id: id.replace(/^'/, "") };
}

function isPosition(after: string): boolean {
  const [at, id, ...more] = after.split(",");
  return more.length === 0 && Instant.safeParse(at).success && Id.safeParse(id?.replace(/^'/, "")).success;
}

/** Describes an export for partners: its formats, how to tell that it is complete, and how to resume it. */
function descriptionOf({ at, id, path }: List): string {
  return [
    `Every row of \`${path}\` for the same filters, window and order, in one answer without pages, ` +
      "compressed for who accepts it. It counts as one request.",

    "**CSV** (RFC 4180) is UTF-8 with a byte order mark, " +
      "because Excel takes a file without one for the local code page. The first line holds the titles. " +
      "Null is an empty cell and zero is `0`; `true`, `false`, moments and money stand as in JSON; " +
      "tags and reasons are JSON. Text that a spreadsheet would run, since it begins with `=`, `@`, `+`, `-`, a tab " +
      "or a line's end and is no telephone number, has an apostrophe before it, also after a semicolon or tab. " +
      "A cell holds at most 32,767 characters, as in Excel: a longer text is cut and ends with a mark.",

    "**NDJSON** is the list's rows, one JSON object a line.",

    "**Complete or not.** The answer ends as HTTP ends a whole body, with the number of its rows in the trailer " +
      `\`${exportHeaders.rows}\`, only when it is complete. ` +
      "Otherwise the connection breaks: curl exits with 18, `fetch` throws. " +
      "Over HTTP/1.0 both would look the same: there it is refused (426).",

    "**To resume**, drop what follows the last whole row, send the same request with `cursor` (the header " +
      `\`${exportHeaders.cursor}\` of the answer that broke) and \`after\` (that row's \`${at}\` and \`${id}\`, ` +
      "with a comma between), and append the answer, which has no titles. Together they are the whole export, " +
      "also when rows have arrived meanwhile. `columns` must hold these two.",

    `With \`totals=true\` the header \`${exportHeaders.totals}\` holds the control totals ` +
      "of the whole window as JSON. With `estimate=true` the answer is the export's size instead.",
  ].join("\n\n");
}
