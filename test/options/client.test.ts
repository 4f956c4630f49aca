import { createClient, type Client, type ClientOptions } from "@moja/client";
import { exampleRecords, type RecordInput } from "@moja/contracts";
import { connect, openDatabase } from "@moja/store";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test, vi } from "vitest";
import { databases } from "../support/databases.ts";
import { scripted, type RecordedRequest, type Reply, type Scripted } from "../support/scripted.ts";

type Case = () => Promise<void>;
/** The options of a function, which is given them after its input. */
type OptionsOf<Called> = Called extends (input: never, options?: infer Options) => unknown
  ? keyof NonNullable<Options>
  : never;
/** A case for each option of each function; a missing one does not compile, and neither does one of no option. */
type CasesOf<Functions> = { [Name in keyof Functions]: { [Option in OptionsOf<Functions[Name]>]: Case } };

const row = { started_at: "2026-05-04T12:00:00.000Z", call_log_id: "a" };
const page = { data: [row], next_cursor: null, applied: {}, totals: null };
const receipt = { accepted: 1, unchanged: 0, superseded: 0, refused: [] };

let api: Scripted;
beforeAll(async () => void (api = await scripted(usual)));
afterAll(() => api[Symbol.asyncDispose]());
beforeEach(() => {
  api.asked = [];
  api.reply = usual;
});

function usual({ path, query }: RecordedRequest): Reply {
  if (path.includes("/v1/exports/"))
    return query.get("estimate") === "true"
      ? { body: JSON.stringify({ rows: 1, bytes_estimated: 5 }) }
      : { headers: { "X-Export-Cursor": "c" }, body: `${JSON.stringify(row)}\n` };
  if (path === "/v1/ingest") return { body: JSON.stringify(receipt) };
  return { body: JSON.stringify({ result: { data: path === "/trpc/ingest.push" ? receipt : page } }) };
}

const client = (options: Partial<ClientOptions> = {}) =>
  createClient({ url: api.url, key: "k", retry_pause_ms: 1, ...options });
const lines = (count: number) => new TextEncoder().encode('{"a":1}\n'.repeat(count));

async function drained(rows: AsyncIterable<unknown> | Promise<unknown>): Promise<unknown> {
  if (!(Symbol.asyncIterator in rows)) return rows;
  const all: unknown[] = [];
  for await (const each of rows) all.push(each);
  return all;
}

async function* chunks(...bytes: Uint8Array[]): AsyncGenerator<Uint8Array, void, void> {
  yield* bytes;
}

describe("each option of createClient has an effect:", () => {
  const busy: Reply = { status: 503, body: "{}" };
  const cases = {
    url: async () => {
      await client().me.get();
      await client({ url: `${api.url}/below/` }).me.get();
      await drained(client({ url: `${api.url}/below/` }).callLogs.export());
      expect(api.asked.map(({ path }) => path)).toStrictEqual([
        "/trpc/me.get",
        "/below/trpc/me.get",
        "/below/v1/exports/call-logs",
      ]);
    },
    key: async () => {
      for (const key of ["one", "other"]) {
        await client({ key }).me.get();
        await client({ key }).callLogs.estimate();
        await drained(client({ key }).ingest.pushLines(chunks(lines(1))));
      }
      expect(api.asked.map(({ headers }) => headers["x-api-key"])).toStrictEqual([
        "one",
        "one",
        "one",
        "other",
        "other",
        "other",
      ]);
    },
    organization_id: async () => {
      for (const given of [{ organization_id: "org_a" }, {}]) {
        api.asked = [];
        await client(given).me.get();
        await client(given).callLogs.estimate();
        await drained(client(given).ingest.pushLines(chunks(lines(1))));
        const { organization_id } = given;
        const sent = api.asked.map(({ headers }) => headers["x-organization-id"]);
        expect(sent).toStrictEqual([organization_id, organization_id, organization_id]);
      }
    },
    fetch: async () => {
      const through: string[] = [];
      const recording: typeof fetch = (address, init) => {
        through.push(new URL(String(address)).pathname);
        return fetch(address, init);
      };
      await client({ fetch: recording }).me.get();
      await client({ fetch: recording }).callLogs.estimate();
      await drained(client({ fetch: recording }).ingest.pushLines(chunks(lines(1))));
      expect(through).toStrictEqual(api.asked.map(({ path }) => path));
      await client().me.get();
      expect([through.length, api.asked.length]).toStrictEqual([3, 4]);
    },
    timeout_ms: async () => {
      // A server of its own: a request that is given up may still arrive while the next case counts its own.
      await using silent = await scripted(() => undefined);
      const hasty = client({ url: silent.url, timeout_ms: 30, retries_max: 0 });
      for (const ask of [hasty.me.get, hasty.callLogs.estimate, hasty.callLogs.exportFile])
        await expect(ask()).rejects.toThrow(/did not answer/);
      using timers = vi.spyOn(globalThis, "setTimeout");
      await client().me.get();
      expect(
        timers.mock.calls.map(([, ms]) => ms),
        "half a minute when nothing is said",
      ).toContain(30_000);
    },
    retries_max: async () => {
      api.reply = () => busy;
      for (const [retries_max, tries] of [
        [0, 1],
        [2, 3],
        [undefined, 5],
      ] as const) {
        for (const ask of ["get", "estimate"] as const) {
          api.asked = [];
          const given = client(retries_max === undefined ? {} : { retries_max });
          await expect(ask === "get" ? given.me.get() : given.callLogs.estimate()).rejects.toThrow(
            /503|unavailable|did not answer/,
          );
          expect([retries_max, ask, api.asked.length]).toStrictEqual([retries_max, ask, tries]);
        }
      }
    },
    retry_pause_ms: async () => {
      const tookMs = async (retry_pause_ms?: number) => {
        let left = 1;
        api.reply = (each) => (left-- > 0 ? busy : usual(each));
        const since = performance.now();
        await createClient({
          url: api.url,
          key: "k",
          ...(retry_pause_ms !== undefined && { retry_pause_ms }),
        }).me.get();
        return performance.now() - since;
      };
      // A pause is drawn between once and twice its time.
      expect(await tookMs(400)).toBeGreaterThanOrEqual(395);
      expect(await tookMs(), "a quarter of a second when nothing is said").toBeGreaterThanOrEqual(245);
      expect(await tookMs(1)).toBeLessThan(245);
    },
  } satisfies Record<keyof ClientOptions, Case>;

  test.each(Object.entries(cases))("%s", (_, observe) => observe());
});

/** Every function of the client that takes a signal, called with it. */
function everyFunction(moja: Client, signal: AbortSignal): [string, () => AsyncIterable<unknown> | Promise<unknown>][] {
  const { ingest, ...reports } = moja;
  type Called = (input: unknown, options: { signal: AbortSignal }) => AsyncIterable<unknown> | Promise<unknown>;
  const record = exampleRecords.slice(0, 1);
  return [
    ...Object.entries(reports).flatMap(([report, functions]) =>
      Object.entries(functions as Record<string, Called>).map(
        ([name, call]) => [`${report}.${name}`, () => call({}, { signal })] as [string, () => Promise<unknown>],
      ),
    ),
    ["ingest.push", () => ingest.push(record, { signal })],
    ["ingest.pushAll", () => ingest.pushAll(record, { signal })],
    ["ingest.pushLines", () => ingest.pushLines(chunks(lines(1)), { signal })],
  ];
}

describe("each option of the client's functions has an effect:", () => {
  /** An abort ends a request that is on its way with its reason, and nothing is asked after it. */
  const signal =
    (named: string): Case =>
    async () => {
      api.reply = () => undefined;
      const abort = new AbortController();
      const functions = everyFunction(client(), abort.signal).filter(([name]) => name.endsWith(`.${named}`));
      expect(functions.length).toBeGreaterThan(0);
      const outcomes = functions.map(([, call]) => drained(call()).catch((error: unknown) => error));
      await expect.poll(() => api.asked.length).toBe(functions.length);
      abort.abort("enough");
      expect(await Promise.all(outcomes)).toStrictEqual(functions.map(() => "enough"));
      expect(api.asked).toHaveLength(functions.length);
    };

  const callLogs = {
    list: { signal: signal("list") },
    get: { signal: signal("get") },
    timeline: { signal: signal("timeline") },
    all: { signal: signal("all") },
    export: { signal: signal("export") },
    exportFile: {
      signal: signal("exportFile"),
      resume: async () => {
        const resume = { cursor: "c", after: "2026-05-04T12:00:00.000Z,a" };
        await client().callLogs.exportFile({}, { resume });
        await client().callLogs.exportFile();
        expect(api.asked.map(({ query }) => Object.fromEntries(query))).toStrictEqual([resume, {}]);
      },
    },
    estimate: { signal: signal("estimate") },
  } satisfies CasesOf<Client["callLogs"]>;
  const rtbRequests = { get: { signal: signal("get") }, lifeLog: { signal: signal("lifeLog") } } satisfies CasesOf<
    Client["rtbRequests"]
  >;
  const summaries = {
    callLogs: { signal: signal("callLogs") },
    inboundRtb: { signal: signal("inboundRtb") },
    outboundRtb: { signal: signal("outboundRtb") },
    incomingWebhooks: { signal: signal("incomingWebhooks") },
    outgoingWebhooks: { signal: signal("outgoingWebhooks") },
  } satisfies CasesOf<Client["summaries"]>;

  /** How many requests are on their way at once, when none is answered. */
  const atOnce = async (push: (moja: Client, signal: AbortSignal) => AsyncIterable<unknown>) => {
    api.asked = [];
    api.reply = () => undefined;
    const abort = new AbortController();
    const pushed = drained(push(client(), abort.signal)).catch((error: unknown) => error);
    let before = -1;
    // No further request comes once they are all on their way.
    await expect.poll(() => before === (before = api.asked.length) && before > 0, { interval: 150 }).toBe(true);
    const { length } = api.asked;
    abort.abort("enough");
    await pushed;
    return length;
  };
  const many = (count: number) => Array.from({ length: count }, () => exampleRecords[0] as RecordInput);
  const ingest = {
    push: { signal: signal("push") },
    pushAll: {
      signal: signal("pushAll"),
      records_per_request: async () => {
        const sizes = () =>
          api.asked.splice(0).map(({ body }) => (JSON.parse(body) as { records: unknown[] }).records.length);
        await drained(client().ingest.pushAll(many(5), { records_per_request: 2 }));
        expect(sizes().toSorted()).toStrictEqual([1, 2, 2]);
        await drained(client().ingest.pushAll(many(1001)));
        expect(sizes().toSorted()).toStrictEqual([1, 1000]);
      },
      requests_at_once: async () => {
        const pushing = (given: { requests_at_once?: number }) =>
          atOnce((moja, signal) => moja.ingest.pushAll(many(20), { signal, records_per_request: 1, ...given }));
        expect([await pushing({ requests_at_once: 3 }), await pushing({})]).toStrictEqual([3, 8]);
      },
    },
    pushLines: {
      signal: signal("pushLines"),
      after_line: async () => {
        const pushed = async (given: { after_line?: number }) => {
          await drained(client().ingest.pushLines(chunks(new TextEncoder().encode("1\n2\n3\n")), given));
          return api.asked.splice(0).map(({ body }) => body);
        };
        expect([await pushed({ after_line: 2 }), await pushed({})]).toStrictEqual([["3\n"], ["1\n2\n3\n"]]);
      },
      requests_at_once: async () => {
        const pushing = (given: { requests_at_once?: number }) =>
          atOnce((moja, signal) => moja.ingest.pushLines(chunks(lines(20_000)), { signal, ...given }));
        expect([await pushing({ requests_at_once: 3 }), await pushing({})]).toStrictEqual([3, 8]);
      },
    },
  } satisfies CasesOf<Client["ingest"]>;

  test.each(
    Object.entries({ callLogs, rtbRequests, summaries, ingest }).flatMap(([report, functions]) =>
      Object.entries(functions as Record<string, Record<string, Case>>).flatMap(([name, options]) =>
        Object.entries(options).map(([option, observe]) => ({ option: `${report}.${name} ${option}`, observe })),
      ),
    ),
  )("$option", ({ observe }) => observe());

  test("every function takes a signal, and asks nothing when it has been aborted before", async () => {
    const functions = everyFunction(client(), AbortSignal.abort("enough"));
    expect(functions.length).toBeGreaterThan(30);
    for (const [name, call] of functions)
      expect([name, await drained(call()).catch((error: unknown) => error)]).toStrictEqual([name, "enough"]);
    expect(api.asked).toStrictEqual([]);
  });
});

describe("each option of the store's connect has an effect:", () => {
  const cases = {
    slim: async () => {
      await using fresh = await databases[0].create();
      await (await openDatabase(fresh.url)).destroy();
      const cacheOf = async (options?: { slim: boolean }) => {
        const database = connect(fresh.url, options);
        try {
          const [{ cache_size }] = (await database.raw("pragma cache_size")) as [{ cache_size: number }];
          const written = database("organizations")
            .delete()
            .then(
              () => "written",
              (error: Error) => error.message,
            );
          return [Math.abs(cache_size), await written];
        } finally {
          await database.destroy();
        }
      };
      expect([await cacheOf(), await cacheOf({ slim: true })]).toStrictEqual([
        [65_536, "written"],
        [2048, expect.stringContaining("readonly")],
      ]);
    },
    replica: async () => {
      if (!inject("postgres_url")) return;
      await using fresh = await databases[1].create();
      const set = connect(fresh.url);
      await set.raw(`alter database ${new URL(fresh.url).pathname.slice(1)} set default_transaction_read_only = on`);
      const [usual, replica] = [connect(fresh.url), connect(fresh.url, { replica: true })];
      const processOf = async (database: typeof usual) =>
        (await database.raw<{ rows: { pid: number }[] }>("select pg_backend_pid() as pid")).rows[0]?.pid;
      const [first, kept] = [await processOf(usual), await processOf(replica)];
      // A connection that was read-only when it was opened is soon replaced by another, but for a replica's.
      await vi.waitFor(async () => expect(await processOf(usual)).not.toBe(first), 10_000);
      expect(await processOf(replica)).toBe(kept);
      for (const each of [set, usual, replica]) await each.destroy();
    },
  } satisfies Record<keyof NonNullable<Parameters<typeof connect>[1]>, Case>;

  test.each(Object.entries(cases))("%s", (_, observe) => observe());
});
