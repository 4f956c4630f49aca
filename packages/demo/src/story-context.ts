import type { RecordInput } from "@moja/contracts";
import { buyers, campaigns, places, publishers } from "./fixtures.ts";
import type { Random } from "./random.ts";

type InputOf<Kind extends RecordInput["kind"]> = Extract<RecordInput, { kind: Kind }>;

/** A call as the demo writes it. */
export type Call = InputOf<"call">;

/** What one story has: who takes part, when it begins, and the records told so far. */
export type StoryContext = ReturnType<typeof createContext>;

/** The beginning of a story: its people, drawn by chance. `at(seconds)` is a moment of it. */
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

/** Adds an event to a call. */
export function addCallEvent(
  context: StoryContext,
  seconds: number,
  type: string,
  message: string,
  options: { level?: "info" | "warning" | "error"; data?: Record<string, string | number | null> } = {},
): void {
  const { records, call_log_id, at, updated_at } = context;
  const event_id = `e${String(records.length + 1).padStart(3, "0")}`;
  records.push({
    kind: "call_event",
    call_log_id,
    event_id,
    occurred_at: at(seconds),
    type,
    level: options.level ?? "info",
    message,
    data: options.data ?? null,
    updated_at,
  });
}

/** Adds an event to an RTB request. */
export function addRtbEvent(
  context: StoryContext,
  request_id: string,
  seconds: number,
  type: string,
  message: string,
  options: { step?: number; level?: "info" | "warning" | "error" } = {},
): void {
  const { records, at, updated_at } = context;
  const event_id = `e${String(records.length + 1).padStart(3, "0")}`;
  records.push({
    kind: "rtb_event",
    request_id,
    event_id,
    occurred_at: at(seconds),
    type,
    level: options.level ?? "info",
    message,
    step: options.step ?? null,
    data: null,
    updated_at,
  });
}
