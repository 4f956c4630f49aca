import { z } from "zod";
import { Count, Id, Instant, Json, json, oneOf, OpenWord, personal, TextAboutCaller, withheld } from "../fields.ts";
import type { Tag } from "../operation-tags.ts";
import { canonicalInstant, InstantParameter, numberParameter, type Filter } from "./filters.ts";
import { TimeZone } from "./time-zone.ts";
import { totalsOf, TotalsWanted } from "./totals.ts";

/** The most rows that one page holds, and how many when nothing is said. */
export const limitRows = { max: 1000, default: 100 } as const;

/** How far a list reaches back when `from` is left out, in days. */
export const windowDaysDefault = 30;

/** The words that every promise carries, whatever its shape. */
type About = { path: `/v1/${string}`; tag: Tag; summary: string; description: string };

/** A cursor as it looks. */
export const cursorExample =
  "WyJbMSwxNzc3ODUyODAwMDAwLDE3Nzc5MzkyMDAwMDAsMTc3Nzg5NjAwMDAwMCxcImNhbGxfN3EybTR4azFcIl0iLCI5Zjg2ZDA4MTg4NGM3ZDY1Il0";

const window = {
  from: InstantParameter.meta({
    title: "From",
    description:
      "The first moment of the window, inclusive; a date is its first moment in `time_zone`. Left out: 30 days before `to`.",
    examples: ["2026-05-01"],
  }).optional(),
  to: InstantParameter.meta({
    title: "To",
    description: "The end of the window, exclusive; a date is its first moment in `time_zone`. Left out: now.",
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
      .max(limitRows.max, "must be a whole number from 1 to 1000"),
  )
    .meta({ title: "Limit", description: "How many rows a page holds at most.", examples: [50] })
    .default(limitRows.default),
  cursor: z
    .string()
    .min(1)
    .max(1024)
    .meta({
      title: "Cursor",
      description: "`next_cursor` of the page before. It belongs to the same filters, order and window.",
      examples: [cursorExample],
    })
    .optional(),
  order: z
    .enum(["desc", "asc"])
    .meta({ title: "Order", description: "By time: `desc` the newest first, `asc` the oldest first." })
    .default("desc"),
  totals: TotalsWanted,
};

/** What an answer of a list was made with. */
const Applied = z
  .strictObject({
    from: Instant.meta({ title: "From", description: "The window's first moment, as applied." }),
    to: Instant.meta({ title: "To", description: "The window's end, exclusive, as applied." }),
    limit: z.int().meta({ title: "Limit", description: "The page's size, as applied." }),
    order: z.enum(["desc", "asc"]).meta({ title: "Order", description: "The order, as applied." }),
    filters: z.record(z.string(), Json).meta({ title: "Filters", description: "The filters, as understood." }),
  })
  .meta({ id: "Applied", title: "Applied", description: "What the answer was made with, defaults included." });

type FilterInputs<Filters extends Record<string, Filter>> = { [Name in keyof Filters]: Filters[Name]["input"] };

/** A list: rows of one kind in order of time, in pages, filtered. */
export function list<Row extends z.ZodObject, const Filters extends Record<string, Filter>>(
  report: About & {
    row: Row;
    /** The column that identifies a row, and the column of its time. */
    id: keyof Row["shape"] & string;
    at: keyof Row["shape"] & string;
    filters: Filters;
    example: { input: Record<string, unknown>; rows: z.output<Row>[] };
  },
) {
  const inputs = Object.fromEntries(
    Object.entries(report.filters).map(([name, filter]) => [name, filter.input]),
  ) as FilterInputs<Filters>;
  const input = z.strictObject({ ...window, ...inputs });
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
      totals: totalsOf(report.row.shape, idOf(report.row)).nullable().meta({
        title: "Totals",
        description:
          "Control totals of the whole window under the same filters, the same on every page; null unless `totals=true` asks for them.",
      }),
    })
    .meta({
      id: `${idOf(report.row)}Page`,
      title: `Page: ${report.summary.toLowerCase()}`,
      description: "A page of rows, the cursor of the next one, and what it was made with.",
    });
  const { from, to, limit = limitRows.default, order = "desc", ...filters } = report.example.input;
  const applied = { from: canonicalInstant(String(from)), to: canonicalInstant(String(to)), limit, order, filters };
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

/** A detail: everything about one thing, by its id. */
export function detail<const Key extends string, Output extends z.ZodType>(
  report: About & {
    id: Key;
    output: Output;
    example: { input: Record<NoInfer<Key>, string>; output: z.output<Output> };
  },
) {
  return { ...report, shape: "detail" as const, input: keyed(report.id) };
}

/** A timeline: what happened to one thing, in order. */
export function timeline<const Key extends string, Event extends z.ZodObject>(
  report: About & {
    id: Key;
    event: Event;
    example: { input: Record<NoInfer<Key>, string>; events: z.output<Event>[] };
  },
) {
  const output = z
    .strictObject({ data: z.array(report.event).meta({ title: "Events", description: "The events, in order." }) })
    .meta({
      id: idOf(report.event).replace(/Event$/, ""),
      title: "Timeline",
      description: "Everything that happened, in order.",
    });
  return {
    ...report,
    shape: "timeline" as const,
    input: keyed(report.id),
    output,
    example: { input: report.example.input, output: { data: report.example.events } },
  };
}

/** The name of a schema in the document. */
function idOf(schema: z.ZodType): string {
  return String(schema.meta()?.id);
}

function keyed<const Key extends string>(id: Key) {
  const shape = { [id]: Id.meta({ title: "Id", description: "The id, as the lists give it." }) } as {
    [K in Key]: typeof Id;
  };
  return z.strictObject(shape);
}

/** How serious an event is. */
const levels = ["info", "warning", "error"] as const;

/** The fields of an event as producers write it and readers get it. */
export const eventFields = {
  occurred_at: Instant.meta({ title: "Occurred at", description: "When it happened." }),
  type: OpenWord.meta({
    title: "Type",
    description: "What happened. The set is open: take an unknown type as information.",
    examples: ["call.connected"],
  }),
  level: oneOf(levels).meta({ title: "Level", description: "`info`, or what deserves a look: `warning`, `error`." }),
  message: TextAboutCaller.meta({
    title: "Message",
    description: "What happened, in words. Telephone numbers in it are masked without `pii:read`.",
  }),
  data: personal(json(z.record(z.string(), Json)), () => ({ omitted: withheld }))
    .nullable()
    .meta({
      title: "Data",
      description: "What belongs to the event; null when there is nothing more.",
      examples: [{ connected_seconds: 84 }],
    }),
};

const position = {
  sequence: z.int().min(1).meta({ title: "Sequence", description: "The event's place in this timeline, from 1." }),
  offset_ms: z.int().meta({
    title: "Offset (ms)",
    description: "Milliseconds since the beginning of the call or request; negative for what came before it.",
  }),
};

/** An event of a call's timeline: the call's own, or one of its RTB or webhook requests. */
export const TimelineEvent = z
  .strictObject({
    sequence: position.sequence,
    occurred_at: eventFields.occurred_at,
    offset_ms: position.offset_ms,
    source: z.enum(["call", "rtb", "webhook"]).meta({ title: "Source", description: "Where the event comes from." }),
    type: eventFields.type,
    level: eventFields.level,
    message: eventFields.message,
    data: eventFields.data,
    link: z
      .strictObject({
        resource: z
          .enum(["rtb_request", "incoming_webhook_request", "outgoing_webhook_request"])
          .meta({ title: "Resource", description: "What the event belongs to." }),
        id: Id.meta({ title: "Id", description: "Its id: ask its detail for more." }),
      })
      .meta({ id: "EventLink", title: "Event link", description: "The request behind an event." })
      .nullable()
      .meta({ title: "Link", description: "The request behind the event; null for the call's own events." }),
  })
  .meta({ id: "TimelineEvent", title: "Timeline event", description: "One event of a call's life." });

/** An event of an RTB request's life-log. */
export const LifeLogEvent = z
  .strictObject({
    sequence: position.sequence,
    occurred_at: eventFields.occurred_at,
    offset_ms: position.offset_ms,
    type: eventFields.type,
    level: eventFields.level,
    message: eventFields.message,
    step: Count.nullable().meta({
      title: "Step",
      description: "The number of the step of a multi-step request, from 1; null for the request as a whole.",
      examples: [1],
    }),
    data: eventFields.data,
  })
  .meta({ id: "LifeLogEvent", title: "Life-log event", description: "One event in the processing of an RTB request." });
