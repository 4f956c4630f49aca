import type { RecordInput } from "@moja/contracts";
import { buyers, campaigns, places, publishers } from "./fixtures.ts";
import type { Random } from "./random.ts";

type InputOf<Kind extends RecordInput["kind"]> = Extract<RecordInput, { kind: Kind }>;

/** A call record. */
export type Call = InputOf<"call">;

/** The participants and times of one story, and its records so far. */
export type StoryContext = ReturnType<typeof createContext>;

/** Draws the participants of a story. `at(seconds)` is a time relative to its start. */
export function createContext(random: Random, story: string, startMs: number) {
  const { area, ...place } = random.pick(places);
  const anonymous = random.chance(3);
  const caller_id = anonymous ? null : `+1${area}55501${String(random.int(0, 99)).padStart(2, "0")}`;
  const { payout, revenue, pays_from_seconds, ...campaign } = random.pick(campaigns);
  const records: RecordInput[] = [];
  return {
    random,
    story,
    records,
    at: (seconds: number) => new Date(startMs + Math.round(seconds * 1000)).toISOString(),
    terms: { payout, revenue, pays_from_seconds },
    campaign,
    publisher: random.pick(publishers),
    buyer: random.pick(buyers),
    caller: { caller_id, caller_state: anonymous ? null : place.caller_state },
    caller_zip: anonymous ? null : place.caller_zip,
    call_log_id: `call_${story}`,
    updated_at: new Date(startMs + 5000).toISOString(),
  };
}

/** A JSON body. */
export function jsonBody(value: unknown) {
  return { content_type: "application/json", text: JSON.stringify(value) };
}

/** The headers of JSON over HTTP. */
export const jsonHeaders = [{ name: "content-type", value: "application/json" }];

/** An event of a story; `seconds` counts from the start of the story. */
type EventOptions = {
  seconds: number;
  type: string;
  message: string;
  level?: "info" | "warning" | "error";
  data?: Record<string, string | number | null> | null;
};

/** Adds an event to the call. */
export function addCallEvent(context: StoryContext, options: EventOptions): void {
  const { records, call_log_id } = context;
  records.push({ kind: "call_event", call_log_id, ...eventOf(context, options) });
}

/** Adds an event to an RTB request. */
export function addRtbEvent(
  context: StoryContext,
  { request_id, ...options }: EventOptions & { request_id: string },
): void {
  context.records.push({ kind: "rtb_event", request_id, ...eventOf(context, options), step: null });
}

function eventOf(
  { records, at, updated_at }: StoryContext,
  { seconds, type, message, level = "info", data = null }: EventOptions,
) {
  const event_id = `e${String(records.length + 1).padStart(3, "0")}`;
  return { event_id, occurred_at: at(seconds), type, level, message, data, updated_at };
}
