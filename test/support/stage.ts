import { createClient, type Client, type ClientOptions } from "@moja/client";
import { expect, vi } from "vitest";
import { scriptedServer, type RecordedRequest, type ScriptedAnswer, type ScriptedServer } from "./scripted.ts";
import { soundAnswer } from "./sound-answers.ts";

/** What comes in the place of a request's sound answer. */
export type Fault = (sound: ReturnType<typeof soundAnswer>, request: RecordedRequest) => ScriptedAnswer;

/** A scripted server, a client of it, and how many of its requests have an answer's head or have failed. */
export type Stage = { server: ScriptedServer; moja: Client; heads: () => number };

const stages: Stage[] = [];

/** Ends the servers of a test. */
export async function clearStages(): Promise<void> {
  for (const { server } of stages.splice(0)) await server[Symbol.asyncDispose]();
}

/** How many requests each client of this test has sent. */
export const sentByAll = () => stages.map(({ server }) => server.asked.length);

/** A server that plays the faults to the first requests and sound answers to those after, and a client of it. */
export async function stage(faults: Fault[], options: Partial<ClientOptions> = {}): Promise<Stage> {
  const server = await scriptedServer((request, nth) => {
    const sound = soundAnswer(request);
    return faults[nth]?.(sound, request) ?? sound;
  });
  let heads = 0;
  const counting: typeof fetch = async (...request) => {
    try {
      return await fetch(...request);
    } finally {
      heads++;
    }
  };
  const moja = createClient({ url: server.url, key: "a key", fetch: counting, ...options });
  const staged = { server, moja, heads: () => heads };
  stages.push(staged);
  return staged;
}

export const times = (count: number, fault: Fault): Fault[] => Array.from({ length: count }, () => fault);

/** Waits for a condition; one that a process has to fulfil may take it a while to start. */
export const until = (condition: () => unknown, { timeout = 20_000, interval = 1 } = {}) =>
  vi.waitFor(() => expect(condition()).toBe(true), { interval, timeout });

/** What a promise is rejected with, or what it resolved to, which no rejection is equal to. */
export const thrownBy = (running: Promise<unknown>): Promise<unknown> =>
  running.then(
    (value) => ({ resolved: value }),
    (error: unknown) => error,
  );

export const status =
  (code: number, headers: Record<string, string> = {}, body = ""): Fault =>
  () => ({ status: code, headers, body });
export const reset: Fault = () => "reset";
export const silence: Fault = () => "silence";

/**
 * So many bytes of the sound answer, by default half, and then the connection is cut, nothing more comes, or it ends.
 */
export const partly =
  (ending: "cut" | "silence" | "end", bytes?: number): Fault =>
  ({ status, headers, body }) => ({
    status,
    headers,
    body: Buffer.from(body).subarray(0, bytes ?? Buffer.byteLength(body) / 2),
    ending,
  });
