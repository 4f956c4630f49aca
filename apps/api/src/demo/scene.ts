import type { RecordWritten } from "@moja/contracts";
import { buyers, campaigns, places, publishers } from "./people.ts";
import type { Random } from "./random.ts";

/** One kind of record as the demo writes it. */
export type Written<Kind extends RecordWritten["kind"], Direction extends string = string> = Extract<RecordWritten, { kind: Kind } & (Kind extends "rtb_request" | "webhook_request" ? { direction: Direction } : object)>;

/** What one story has: who takes part, when it begins, and the records told so far. */
export type Scene = ReturnType<typeof sceneOf>;

type EventMore = { level?: "info" | "warning" | "error"; step?: number; data?: Record<string, string | number | null> };

/** The beginning of a story: its people, drawn by chance. Moments are told in seconds from its call's arrival; what has not happened by `now` is not told. */
export function sceneOf(random: Random, story: string, { beginning, now, magic }: { beginning: number; now: number; magic: boolean }) {
  const { area, caller_state, caller_zip } = random.pick(places);
  const anonymous = random.chance(3);
  const caller_id = `+1${area}55501${String(random.int(0, 99)).padStart(2, "0")}`;
  const { campaign, number, terms } = random.pick(campaigns);
  const publisher = random.pick(publishers);
  const records: RecordWritten[] = [];
  return {
    random,
    story,
    records,
    magic,
    campaign,
    terms,
    publisher,
    dialed_number: number,
    buyer: random.pick(buyers),
    caller: anonymous ? { caller_id: null, caller_state: null } : { caller_id, caller_state },
    caller_zip: anonymous ? null : caller_zip,
    call_log_id: `call_${story}`,
    /** When the publisher asked, in seconds before the call. */
    asked_at: -random.int(4, 22),
    at: (seconds: number) => new Date(beginning + Math.round(seconds * 1000)).toISOString(),
    happened: (seconds: number) => beginning + Math.round(seconds * 1000) <= now,
  };
}

/** Micro-dollars as USD. */
export function usd(micros: number): number {
  return micros / 1e6;
}

/** Micro-dollars as people read them. */
export function dollars(micros: number): string {
  return `$${usd(micros).toFixed(2)}`;
}

/** A JSON body. */
export function jsonBody(value: unknown) {
  return { content_type: "application/json", text: JSON.stringify(value) };
}

/** The headers of JSON over HTTP. */
export const jsonHeaders = [{ name: "content-type", value: "application/json" }];

/** Adds an event to the story's call. */
export function callEvent(scene: Scene, seconds: number, type: string, message: string, { level = "info", data }: EventMore = {}): void {
  if (!scene.happened(seconds)) return;
  const { records, call_log_id, at } = scene;
  records.push({ kind: "call_event", call_log_id, event_id: eventId(records.length), occurred_at: at(seconds), type, level, message, data: data ?? null, updated_at: at(seconds) });
}

/** Adds an event to an RTB request. */
export function rtbEvent(scene: Scene, request_id: string, seconds: number, [type, message, { level = "info", step, data } = {}]: readonly [type: string, message: string, more?: EventMore]): void {
  if (!scene.happened(seconds)) return;
  const { records, at } = scene;
  records.push({ kind: "rtb_event", request_id, event_id: eventId(records.length), occurred_at: at(seconds), type, level, message, step: step ?? null, data: data ?? null, updated_at: at(seconds) });
}

function eventId(place: number): string {
  return `e${String(place + 1).padStart(3, "0")}`;
}
