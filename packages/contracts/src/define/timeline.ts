import { z } from "zod";
import { maskNumbers } from "../number-runs.ts";
import { Count, enumOf, FreeText, Id, Instant, json, Json, OpenEnumValue, pii, PII_PLACEHOLDER } from "../fields.ts";
import { idInput, schemaId, type ReportMetadata } from "./report.ts";

/** Declares the operation that returns the events of one resource, in order, below its `head`. */
export function timeline<const Key extends string, Head extends z.ZodRawShape, Event extends z.ZodObject>(
  report: ReportMetadata & {
    id: Key;
    /** What the answer begins with, before the events. */
    head: Head;
    event: Event;
    example: { input: Record<NoInfer<Key>, string>; head: z.output<z.ZodObject<Head>>; events: z.output<Event>[] };
  },
) {
  const output = z
    .strictObject({
      ...report.head,
      data: z.array(report.event).meta({ title: "Events", description: "The events, in order." }),
    })
    .meta({
      id: schemaId(report.event).replace(/Event$/, ""),
      title: "Timeline",
      description: "Everything that happened, in order.",
    });
  return {
    ...report,
    shape: "timeline" as const,
    input: idInput(report.id),
    output,
    example: { input: report.example.input, output: { ...report.example.head, data: report.example.events } },
  };
}

/** The severities of events. */
const levels = ["info", "warning", "error"] as const;

/**
 * Masks an event's data. What a producer recorded may hold anything, and is withheld. What was made of a row holds its
 * numbers, which the row shows as well, and words, which are masked as in the row; ids are shown as they are there.
 */
function maskData(data: Record<string, unknown>, isMade: boolean): Record<string, z.core.util.JSONType> {
  if (!isMade) return { omitted: PII_PLACEHOLDER };
  const shown = Object.entries(data).map(([name, value]) => [name, maskMember(name, value)]);
  return Object.fromEntries(shown);
}

function maskMember(name: string, value: unknown): unknown {
  if (typeof value === "string") return name.endsWith("_id") ? value : maskNumbers(value);
  return typeof value === "object" && value !== null ? PII_PLACEHOLDER : value;
}

/** The fields of an event that are the same for producers and readers. */
export const eventFields = {
  occurred_at: Instant.meta({ title: "Occurred at", description: "When it happened." }),
  type: OpenEnumValue.meta({
    title: "Type",
    description: "What happened. The set is open: take an unknown type as information.",
    examples: ["call.connected"],
  }),
  level: enumOf(levels).meta({ title: "Level", description: "`info`, or what deserves a look: `warning`, `error`." }),
  message: FreeText.meta({
    title: "Message",
    description: "What happened, in words. Telephone numbers in it are masked without `pii:read`.",
  }),
  data: pii(json(z.record(z.string(), Json)), (data, _context, event) => maskData(data, event?.["recorded"] === false))
    .nullable()
    .meta({
      title: "Data",
      description:
        "What belongs to the event; null when there is nothing more. Withheld of recorded events without `pii:read`.",
      examples: [{ connected_seconds: 84 }],
    }),
};

const recorded = z.boolean().meta({
  title: "Recorded",
  description: "Whether a producer recorded the event; false for one that is made of the row of a request or call.",
  examples: [false],
});

const position = {
  sequence: z.int().min(1).meta({ title: "Sequence", description: "The event's place in this timeline, from 1." }),
  offset_ms: z.int().meta({
    title: "Offset (ms)",
    description: "Milliseconds since the beginning of the call or request; negative for what came before it.",
  }),
};

/** An event of a call's timeline: the call's own event, or one of its RTB or webhook requests. */
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
    recorded,
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
    recorded,
  })
  .meta({ id: "LifeLogEvent", title: "Life-log event", description: "One event in the processing of an RTB request." });
