import { z } from "zod";
import { Instant, Json } from "../fields.ts";
import { InstantParameter, numberParameter, type Filter } from "./filters.ts";
import { toCanonicalInstant } from "../instants.ts";
import { schemaId, type ReportMetadata } from "./report.ts";
import { pluck } from "../typed-object.ts";
import { TimeZone } from "./time-zone.ts";
import { totalsOf, TotalsParameter } from "./totals.ts";

/** How many rows a page holds. */
export const pageSize = { max: 1000, default: 100 } as const;

/** The length of the window when `from` is left out, in days. */
export const windowDaysDefault = 30;

/** A cursor for the examples of the documentation. */
const cursorExample =
  "WyJbMSwxNzc3ODUyODAwMDAwLDE3Nzc5MzkyMDAwMDAsMTc3Nzg5NjAwMDAwMCxcImNhbGxfN3EybTR4azFcIl0iLCI5Zjg2ZDA4MTg4NGM3ZDY1Il0";

/** The parameter that continues from a position. The store decodes it. */
export function cursorParameter(description: string) {
  return z
    .string()
    .min(1)
    .max(1024)
    .meta({ title: "Cursor", description, examples: [cursorExample] })
    .optional();
}

/**
 * Drops from the input of a list what stands for the first page in tRPC's infinite queries and in loops over
 * `next_cursor`: `direction: "forward"`, which the former send whatever the procedure takes, and `cursor: null`.
 */
export function withoutFirstPage(raw: unknown): unknown {
  if (typeof raw !== "object" || raw === null || Array.isArray(raw)) return raw;
  const isKept = ([name, value]: [string, unknown]) =>
    !(name === "direction" && value === "forward") && !(name === "cursor" && value === null);
  return Object.fromEntries(Object.entries(raw).filter(isKept));
}

/** The parameters of every list, besides its filters. */
const parameters = {
  from: InstantParameter.meta({
    title: "From",
    description:
      "The first moment of the window, inclusive; a date is its first moment in `time_zone`. " +
      "Left out: 30 days before `to`, or the beginning of 1970 with a filter that reaches over all time.",
    examples: ["2026-05-01"],
  }).optional(),
  to: InstantParameter.meta({
    title: "To",
    description:
      "The end of the window, exclusive; a date is its first moment in `time_zone`. Left out: now. A " +
      "row of a later time, as of a clock that is ahead, is found once it is then, or with a later `to`.",
    examples: ["2026-06-01"],
  }).optional(),
  time_zone: TimeZone.meta({
    title: "Time zone",
    description: "The IANA time zone in which a date begins; answers are in UTC.",
    examples: ["America/New_York"],
  }).default("UTC"),
  limit: numberParameter(
    z
      .int("must be a whole number from 1 to 1000")
      .min(1, "must be a whole number from 1 to 1000")
      .max(pageSize.max, "must be a whole number from 1 to 1000"),
  )
    .meta({ title: "Limit", description: "How many rows a page holds at most.", examples: [50] })
    .default(pageSize.default),
  cursor: cursorParameter("`next_cursor` of the page before. It belongs to the same filters, order and window."),
  order: z
    .enum(["desc", "asc"])
    .meta({ title: "Order", description: "By time: `desc` the newest first, `asc` the oldest first." })
    .default("desc"),
  totals: TotalsParameter,
};

/** The parameters of a page as applied. */
const Applied = z
  .strictObject({
    from: Instant.meta({ title: "From", description: "The window's first moment, as applied." }),
    to: Instant.meta({ title: "To", description: "The window's end, exclusive, as applied." }),
    limit: z.int().meta({ title: "Limit", description: "The page's size, as applied." }),
    order: z.enum(["desc", "asc"]).meta({ title: "Order", description: "The order, as applied." }),
    filters: z.record(z.string(), Json).meta({ title: "Filters", description: "The filters, as understood." }),
  })
  .meta({ id: "Applied", title: "Applied", description: "What the answer was made with, defaults included." });

/** Declares the operation that returns rows of one kind in order of time, in pages, filtered. */
export function list<Row extends z.ZodObject, const Filters extends Record<string, Filter>>(
  report: ReportMetadata & {
    /** The schema of a row. */
    row: Row;
    /** The column that identifies a row. */
    id: keyof Row["shape"] & string;
    /** The column of a row's time, which the window and the order refer to. */
    at: keyof Row["shape"] & string;
    filters: Filters;
    example: { input: Record<string, unknown>; rows: z.output<Row>[] };
  },
) {
  const input = z.strictObject({ ...parameters, ...pluck(report.filters, "input") });
  const output = z
    .strictObject({
      data: z.array(report.row).meta({ title: "Rows", description: "The rows of this page." }),
      next_cursor: z
        .string()
        .nullable()
        .meta({
          title: "Next cursor",
          description: "Pass it as `cursor` for the next page; null on the last page.",
          examples: [cursorExample],
        }),
      applied: Applied,
      totals: totalsOf(report.row.shape, schemaId(report.row))
        .nullable()
        .meta({
          title: "Totals",
          description:
            "Control totals of the whole window under the same filters, the same on every page; " +
            "null unless `totals=true` asks for them.",
        }),
    })
    .meta({
      id: `${schemaId(report.row)}Page`,
      title: `Page: ${report.summary.toLowerCase()}`,
      description: "A page of rows, the cursor of the next one, and what it was made with.",
    });
  const { from, to, limit = pageSize.default, order = "desc", ...filters } = report.example.input;
  const applied = { from: toCanonicalInstant(String(from)), to: toCanonicalInstant(String(to)), limit, order, filters };
  return {
    ...report,
    shape: "list" as const,
    input,
    output,
    example: {
      input: report.example.input,
      output: { data: report.example.rows, next_cursor: null, applied, totals: null },
    },
  };
}
