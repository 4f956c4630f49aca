import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout } from "node:timers/promises";
import { createClient, type Client } from "@moja/client";
import { ingestMax, type RecordInput } from "@moja/contracts";
import { createKey } from "@moja/store";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startHarness, type Harness } from "../support/harness.ts";
import { propertyRuns, timeoutFor } from "../support/property-runs.ts";

/** What a line may be; of records there is one a line, each of its own. */
const lineKinds = {
  record: (number: number, size: number) => JSON.stringify(event(`e${number}`, "é".repeat(size))),
  broken: (number: number) => `{"kind":"call_event","message":"é${number}`,
  wrong: (number: number) => `{"kind":"é${number}"}`,
  blank: () => " \t\v\f",
  empty: () => "",
  nul: () => "\0\0",
  space: () => "\u00a0",
};

type LineKind = keyof typeof lineKinds;
const refusals: Partial<Record<LineKind, string>> = {
  broken: "invalid_json",
  nul: "invalid_json",
  space: "invalid_json",
  wrong: "invalid_record",
};

const event = (event_id: string, message: string): RecordInput => ({
  kind: "call_event",
  call_log_id: "call_1",
  event_id,
  occurred_at: "2026-05-04T12:00:00.000Z",
  type: "call.incoming",
  level: "info",
  message,
  updated_at: "2026-05-04T12:00:00.000Z",
});

describe("the client's writing", () => {
  let api: Harness;
  let service: string;
  beforeAll(async () => {
    api = await startHarness();
    service = await createKey(api.database, { organization_id: null, name: "producers", scopes: ["ingest:write"] });
  });
  afterAll(() => api[Symbol.asyncDispose]());

  const producer = async (): Promise<Client> =>
    createClient({ url: api.url, key: service, organization_id: (await api.tenant()).organization_id });

  const given = fc.record({
    segments: fc.array(
      fc.record({
        kind: fc.constantFrom(...(Object.keys(lineKinds) as LineKind[])),
        count: fc.constantFrom(0, 1, 2, 999, 1000, 1001, 1200),
        size: fc.constantFrom(1, 200, 1000),
      }),
      { maxLength: 6, size: "max" },
    ),
    ending: fc.constantFrom("\n", "\r\n"),
    endsWhole: fc.boolean(),
    marked: fc.boolean(),
    chunks: fc.array(fc.integer({ min: 1, max: 200_000 }), { minLength: 1, maxLength: 5 }),
    after: fc.oneof(fc.constant(0), fc.nat(3000)),
  });

  test(
    "pushes each line once and names those that were refused, however the bytes come and wherever it begins",
    { timeout: timeoutFor(30) },
    async () => {
      await fc.assert(
        fc.asyncProperty(given, async ({ segments, ending, endsWhole, marked, chunks, after }) => {
          const kinds = segments.flatMap(({ kind, count, size }) =>
            Array.from({ length: count }, () => ({ kind, size })),
          );
          const lines = kinds.map(({ kind, size }, index) => ({
            kind,
            line: index + 1,
            text: lineKinds[kind](index + 1, size),
          }));
          const text = lines.map((each) => each.text).join(ending) + (endsWhole && lines.length > 0 ? ending : "");
          const bytes = new TextEncoder().encode(`${marked ? "\uFEFF" : ""}${text}`);
          const wanted = lines.filter(({ line }) => line > after);

          const told = [];
          const counts = { accepted: 0, unchanged: 0, superseded: 0 };
          let last = after;
          for await (const {
            last_line,
            receipt: { refused, ...counted },
          } of (await producer()).ingest.pushLines(inChunks(bytes, chunks), { after_line: after })) {
            expect(last_line).toBeGreaterThan(last);
            expect(last_line - last).toBeLessThanOrEqual(ingestMax.records);
            last = last_line;
            told.push(...refused.map(({ line, text: said, code }) => ({ line, text: said, code })));
            for (const name of Object.keys(counts) as (keyof typeof counts)[]) counts[name] += counted[name];
          }
          expect(told).toStrictEqual(
            wanted
              .filter(({ kind }) => refusals[kind])
              .map(({ kind, line, text: said }) => ({ line, text: said, code: refusals[kind] })),
          );
          expect(counts).toStrictEqual({
            accepted: wanted.filter(({ kind }) => kind === "record").length,
            unchanged: 0,
            superseded: 0,
          });
        }),
        propertyRuns(30),
      );
    },
  );

  test("puts no lines together that are too large together, and refuses one that is too large by itself", async () => {
    const large = (attempt: number, size: number) =>
      `${JSON.stringify({ kind: "webhook_attempt", request_id: "whout_1", attempt, started_at: "2026-05-04T12:00:00.000Z", response: { status: 200, body: { text: "x".repeat(size) } }, updated_at: "2026-05-04T12:00:00.000Z" })}\n`;
    const file = Array.from({ length: 20 }, (_, index) =>
      large(index + 1, index % 7 === 0 ? 17_000_000 : 1_000_000),
    ).join("");
    const parts = await everything(
      (await producer()).ingest.pushLines(inChunks(new TextEncoder().encode(file), [100_000_000])),
    );
    expect(
      parts.map(({ last_line, receipt: { accepted, refused } }) => [last_line, accepted, refused.length]),
    ).toStrictEqual([
      [1, 0, 1],
      [8, 6, 1],
      [15, 6, 1],
      [20, 5, 0],
    ]);
    expect(parts[1]?.receipt.refused).toMatchObject([
      { line: 8, code: "invalid_record", issues: [{ message: expect.stringContaining("at most 16 MiB") }] },
    ]);
  });

  test("halves records that are too large together, and refuses one that is too large by itself", async () => {
    const records = Array.from({ length: 20 }, (_, index): RecordInput => ({
      kind: "webhook_attempt",
      request_id: "whout_1",
      attempt: index + 1,
      started_at: "2026-05-04T12:00:00.000Z",
      response: {
        status: 200,
        headers: [],
        body: { content_type: null, encoding: "utf8", text: "x".repeat(index === 7 ? 17_000_000 : 1_000_000) },
      },
      updated_at: "2026-05-04T12:00:00.000Z",
    }));
    const [pushed, ...more] = await everything((await producer()).ingest.pushAll(records));
    expect([pushed?.receipt.accepted, more]).toStrictEqual([19, []]);
    expect(pushed?.receipt.refused).toMatchObject([{ index: 7, code: "invalid_record" }]);
  });

  test("pushes a thousand lines as soon as they are there, and the whole lines before a source breaks off", async () => {
    const lines = (from: number, count: number) =>
      new TextEncoder().encode(
        Array.from({ length: count }, (_, index) => `${JSON.stringify(event(`e${from + index}`, "x"))}\n`).join(""),
      );
    const seen: number[] = [];
    const client = await producer();
    async function* source() {
      yield lines(1, 1000);
      while (seen.length === 0) await setTimeout(5);
      yield lines(1001, 2500);
      yield lines(3501, 1).subarray(0, 20);
      throw new Error("unexpected end of file");
    }
    await expect(
      (async () => {
        for await (const { last_line } of client.ingest.pushLines(source())) seen.push(last_line);
      })(),
    ).rejects.toThrow("unexpected end of file");
    expect(seen).toStrictEqual([1000, 2000, 3000, 3500]);
  });

  test("throws what stops it", async () => {
    const organization_id = "org_nobody";
    await expect(
      everything(
        createClient({ url: api.url, key: service, organization_id }).ingest.pushLines(
          inChunks(new TextEncoder().encode("{}"), [1]),
        ),
      ),
    ).rejects.toMatchObject({ code: "invalid_request", issues: [{ path: "X-Organization-Id" }] });
    await expect(
      everything(
        createClient({ url: "http://127.0.0.1:9", key: service, retries_max: 0 }).ingest.pushLines(
          inChunks(new TextEncoder().encode("{}"), [1]),
        ),
      ),
    ).rejects.toMatchObject({ code: "unreachable" });
    const otherwise = createServer((_request, response) =>
      response.writeHead(200, { "content-type": "text/html" }).end("<html>"),
    ).listen(0, "127.0.0.1");
    await once(otherwise, "listening");
    await expect(
      everything(
        createClient({
          url: `http://127.0.0.1:${(otherwise.address() as AddressInfo).port}`,
          key: service,
          retries_max: 0,
        }).ingest.pushLines(inChunks(new TextEncoder().encode("{}"), [1])),
      ),
    ).rejects.toMatchObject({ code: "unreachable" });
    otherwise.close();
    await expect(
      everything(
        (await producer()).ingest.pushLines(inChunks(new TextEncoder().encode("{}"), [1]), {
          signal: AbortSignal.abort("enough"),
        }),
      ),
    ).rejects.toBe("enough");
  });
});

async function everything<One>(coming: AsyncIterable<One>): Promise<One[]> {
  const all: One[] = [];
  for await (const one of coming) all.push(one);
  return all;
}

/** Bytes in chunks of these sizes, again and again. */
async function* inChunks(bytes: Uint8Array, sizes: number[]): AsyncGenerator<Uint8Array, void, void> {
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}
