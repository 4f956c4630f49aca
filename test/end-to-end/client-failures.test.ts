import { setImmediate, setTimeout } from "node:timers/promises";
import { createClient, MojaError } from "@moja/client";
import { problem, type ErrorCode } from "@moja/contracts";
import { afterEach, describe, expect, test, vi } from "vitest";
import { atOnce, oneOfEachKind, operations, type Operation } from "../support/client-operations.ts";
import { scriptedServer, type RecordedRequest } from "../support/scripted.ts";
import { estimate, receipt, rowsOf } from "../support/sound-answers.ts";
import {
  clearStages,
  partly,
  reset,
  sentByAll,
  silence,
  stage,
  status,
  thrownBy,
  times,
  until,
  type Fault,
} from "../support/stage.ts";

/** The statuses that the client's README says are tried again; no other is. */
const triedAgain = new Set([429, 502, 503, 504]);

const retries_max = 2;

/**
 * How many requests there are where `fetch` acts by itself: a 407 is a network failure to it, and a 421 it asks
 * again.
 */
const byFetchItself: Record<number, number> = { 407: 1 + retries_max, 421: 2 };

/** The codes by which the API refuses, with their statuses, as its page of errors lists them. */
const documented: Record<ErrorCode, number> = {
  invalid_request: 400,
  invalid_cursor: 400,
  missing_api_key: 401,
  invalid_api_key: 401,
  expired_api_key: 401,
  plan_excludes_reporting: 403,
  api_access_disabled: 403,
  missing_scope: 403,
  not_found: 404,
  method_not_allowed: 405,
  payload_too_large: 413,
  unsupported_media_type: 415,
  rate_limited: 429,
  internal: 500,
  too_slow: 503,
  overloaded: 503,
  unavailable: 503,
};

const quick = { retry_pause_ms: 1 };
const html = "<!doctype html>\n<title>Bad gateway</title>\n";

afterEach(clearStages);

/** A refusal as the API sends it over the transport of the request. */
const refusal =
  (code: ErrorCode, headers: Record<string, string> = {}): Fault =>
  (_, { path }) => {
    const issues = [{ path: "limit", message: "must be 1" }];
    const body = problem(code, { detail: `Refused: ${code}`, request_id: "request-1", issues });
    return {
      status: documented[code],
      headers: { "Content-Type": "application/json", ...headers },
      body: JSON.stringify(path.startsWith("/trpc/") ? { error: { message: "x", code: -32000, data: body } } : body),
    };
  };

/** The error that an operation fails with while every answer is the fault, after so many tries. */
async function failing(operation: Operation, fault: Fault, tries: number, timeout_ms = 30_000): Promise<MojaError> {
  const { server, moja } = await stage(times(1000, fault), { ...quick, retries_max, timeout_ms });
  const error = await thrownBy(operation.run(moja));
  expect(error, operation.name).toBeInstanceOf(MojaError);
  // Of several at once, the first to fail ends all: the others were tried as often at most.
  expect(server.asked.length, operation.name).toBeGreaterThanOrEqual(tries);
  expect(server.asked.length, operation.name).toBeLessThanOrEqual(tries * atOnce(operation));
  return error as MojaError;
}

describe("what is refused", () => {
  test.each(Object.entries(documented) as [ErrorCode, number][])(
    "as %s throws a MojaError with everything that the API said, after as many tries as documented",
    async (code, expected) => {
      // What is too large goes in halves, which is a law of its own.
      const isHalved = ({ kind, name }: Operation) => code === "payload_too_large" && kind === "batches" && name !== "";
      for (const operation of operations.filter((each) => !isHalved(each))) {
        const error = await failing(operation, refusal(code), triedAgain.has(expected) ? 1 + retries_max : 1);
        expect(error, operation.name).toMatchObject({
          name: "MojaError",
          code,
          status: expected,
          request_id: "request-1",
          issues: [{ path: "limit", message: "must be 1" }],
          message: `Refused: ${code}\n  limit must be 1`,
        });
      }
    },
  );

  test("by a proxy's page, of any status, is unreachable, or too long; only what may pass is tried again", async () => {
    // Batches go as the single push and the estimate do; requests that are sent at once could not be counted one by
    // one.
    for (const operation of oneOfEachKind.filter(({ kind }) => kind !== "batches")) {
      let code = 400;
      const page: Fault = () => ({ status: code, headers: { "Content-Type": "text/html" }, body: html });
      const { server, moja } = await stage(times(1000, page), { ...quick, retries_max });
      for (; code < 600; code++) {
        const before = server.asked.length;
        const error = await thrownBy(operation.run(moja));
        const tries = byFetchItself[code] ?? (triedAgain.has(code) ? 1 + retries_max : 1);
        expect(server.asked.length - before, `${operation.name} ${code}`).toBe(tries);
        expect(error, `${operation.name} ${code}`).toBeInstanceOf(MojaError);
        const isTooLong = [413, 414, 431].includes(code);
        expect(error, `${operation.name} ${code}`).toMatchObject({
          code: isTooLong ? "payload_too_large" : "unreachable",
          status: isTooLong ? code : 0,
          request_id: "",
          issues: [],
          message: expect.stringContaining(isTooLong ? "too long" : "The API at http://127.0.0.1"),
        });
      }
    }
  });

  test("by JSON that is not the API's is unreachable, whatever it is", async () => {
    const bodies = [
      { code: 500, message: "x" },
      { error: "x" },
      { error: { code: 500, message: "x" } },
      null,
      [],
      "x",
      1,
    ];
    const rpc = { error: { code: -32603, message: "x", data: { code: "INTERNAL_SERVER_ERROR", httpStatus: 500 } } };
    for (const operation of oneOfEachKind) {
      for (const body of [...bodies, rpc]) {
        const fault = status(500, { "Content-Type": "application/json" }, JSON.stringify(body));
        expect(await failing(operation, fault, 1), JSON.stringify(body)).toMatchObject({ code: "unreachable" });
      }
    }
  });
});

describe("what does not reach the API, or breaks off,", () => {
  const whole: [string, Fault][] = [
    ["a page of a proxy in the place of an answer", status(200, { "Content-Type": "text/html" }, html)],
    ["a page in one line", status(200, { "Content-Type": "text/html" }, html.replaceAll("\n", ""))],
    ["an empty answer", status(200)],
  ];
  test.each(whole)("%s is unreachable, and not tried again", async (_, fault) => {
    for (const operation of oneOfEachKind)
      expect(await failing(operation, fault, 1)).toMatchObject({ code: "unreachable", status: 0, request_id: "" });
  });

  const broken: [string, Fault, number][] = [
    ["a connection that is reset", reset, 30_000],
    ["a connection that is closed before the body", (sound) => ({ ...sound, body: "", ending: "cut" }), 30_000],
    ["a body that is cut off", partly("cut", 9), 30_000],
    ["an answer that does not come", silence, 400],
    ["a body that falls silent", partly("silence", 9), 400],
    ["a refusal that falls silent", () => ({ status: 404, body: "{", ending: "silence" }), 400],
  ];
  test.each(broken)(
    "%s is unreachable, and tried again as often as retries_max says",
    async (what, fault, timeout_ms) => {
      const cases = oneOfEachKind.map(async (operation) => {
        const { server, moja, heads } = await stage(times(1000, fault), { ...quick, retries_max, timeout_ms });
        const error = await thrownBy(operation.run(moja));
        expect(error, operation.name).toBeInstanceOf(MojaError);
        expect(error, operation.name).toMatchObject({ code: "unreachable", status: 0, request_id: "", issues: [] });
        await until(() => server.asked.every(({ isOpen }) => !isOpen));
        // The bytes of a file that has begun are the caller's: only the caller knows where to go on.
        const tries = operation.kind === "bytes" && / body/.test(what) ? 1 : 1 + retries_max;
        expect(heads(), operation.name).toBeGreaterThanOrEqual(tries);
        expect(heads(), operation.name).toBeLessThanOrEqual(tries * atOnce(operation));
      });
      await Promise.all(cases);
    },
  );

  test("a connection that is refused is unreachable, and tried again as often as retries_max says", async () => {
    for (const operation of oneOfEachKind) {
      let tries = 0;
      const counting: typeof fetch = (...request) => {
        tries++;
        return fetch(...request);
      };
      const moja = createClient({ url: "http://127.0.0.1:9", key: "x", fetch: counting, retries_max, ...quick });
      expect(await thrownBy(operation.run(moja)), operation.name).toMatchObject({ code: "unreachable", status: 0 });
      expect(Math.ceil(tries / atOnce(operation)), operation.name).toBe(1 + retries_max);
    }
  });
});

describe("what passes", () => {
  const passing: [string, Fault, number][] = [
    ["busy, with Retry-After", refusal("rate_limited", { "Retry-After": "0.01" }), 30_000],
    ["busy, without Retry-After", refusal("rate_limited"), 30_000],
    ["unavailable", refusal("unavailable"), 30_000],
    ["a proxy's 502", status(502, {}, html), 30_000],
    ["a proxy's 504", status(504, {}, html), 30_000],
    ["a reset connection", reset, 30_000],
    ["no answer", silence, 600],
    ["a body cut off", partly("cut"), 30_000],
    ["a body that falls silent", partly("silence"), 600],
  ];
  test.each(passing)("%s: the caller gets everything once", async (what, fault, timeout_ms) => {
    const isFileOnItsWay = ({ kind }: Operation) => kind === "bytes" && what.startsWith("a body");
    const cases = oneOfEachKind
      .filter((each) => !isFileOnItsWay(each))
      .map(async (operation) => {
        const { server, moja } = await stage([fault, fault], { ...quick, timeout_ms, retries_max });
        expect(await operation.run(moja), operation.name).toStrictEqual(operation.sound);
        expect(server.asked, operation.name).toHaveLength(operation.requests + 2);
      });
    await Promise.all(cases);
  });

  test("a redirection is followed, with the key and whatever is sent", async () => {
    const to: Fault = (_, { path, query }) => ({ status: 307, headers: { Location: `${path}?${query}` } });
    for (const operation of operations) {
      const { server, moja } = await stage([to], quick);
      expect(await operation.run(moja), operation.name).toStrictEqual(operation.sound);
      expect(server.asked.every(({ headers }) => headers["x-api-key"] === "a key")).toBe(true);
    }
  });

  const elsewhere: [string, Fault, string][] = [
    [
      "to another origin",
      status(307, { Location: "http://127.0.0.1:9/v1" }),
      "redirects to http://127.0.0.1:9, where the key is not sent",
    ],
    ["for good to another origin", status(308, { Location: "http://127.0.0.1:9/v1" }), "where the key is not sent"],
    [
      "to another scheme",
      ({ body }, { path }) => ({ status: 301, headers: { Location: `https://127.0.0.1${path}` }, body }),
      "where the key is not sent",
    ],
    ["to a host without its scheme", status(302, { Location: "//localhost/x" }), "where the key is not sent"],
    [
      "to itself",
      (_, { path, query }) => ({ status: 307, headers: { Location: `${path}?${query}` } }),
      "redirects more than 5 times",
    ],
  ];
  test.each(elsewhere)("a redirection %s is unreachable, told, and not tried again", async (what, fault, said) => {
    for (const operation of oneOfEachKind) {
      const { server, moja } = await stage(times(1000, fault), { ...quick, retries_max });
      const error = await thrownBy(operation.run(moja));
      expect(error, operation.name).toMatchObject({ code: "unreachable", status: 0 });
      expect((error as MojaError).message).toContain(said);
      expect(server.asked.length, operation.name).toBeLessThanOrEqual(
        (what === "to itself" ? 6 : 1) * atOnce(operation),
      );
    }
  });

  test("a key is sent to no other origin, whatever redirects to it", async () => {
    await using other = await scriptedServer(() => ({ body: "{}" }));
    for (const code of [301, 302, 303, 307, 308])
      for (const operation of oneOfEachKind) {
        const { moja } = await stage(times(1000, status(code, { Location: other.url })), { ...quick, retries_max });
        expect(await thrownBy(operation.run(moja)), operation.name).toMatchObject({ code: "unreachable" });
      }
    expect(other.asked).toStrictEqual([]);
  });

  test("what is posted is not lost by a redirection that would ask again without it", async () => {
    for (const code of [301, 302, 303])
      for (const operation of operations.filter(({ kind }) => kind === "batches")) {
        const { server, moja } = await stage(times(1000, status(code, { Location: "/elsewhere" })), {
          ...quick,
          retries_max,
        });
        expect(await thrownBy(operation.run(moja)), operation.name).toMatchObject({ code: "unreachable" });
        expect(server.asked.every(({ method }) => method === "POST")).toBe(true);
      }
  });

  test("an export that breaks off at any byte continues after its last whole row: each comes once", async () => {
    const sound = rowsOf("callLogs");
    const size = Buffer.byteLength(sound.map((row) => `${JSON.stringify(row)}\n`).join(""));
    const cuts = Array.from({ length: size + 1 }, (_, bytes) => [partly("cut", bytes), (sound) => sound] as Fault[]);
    const { server, moja } = await stage(cuts.flat(), quick);
    for (let bytes = 0; bytes <= size; bytes++) {
      const seen: unknown[] = [];
      for await (const row of moja.callLogs.export({ from: "2026-05-04" })) seen.push(row);
      expect(seen, `cut after ${bytes} bytes`).toStrictEqual(sound);
      expect(server.asked, `cut after ${bytes} bytes`).toHaveLength(2 * (bytes + 1));
      expect(server.asked.at(-1)?.query.get("from")).toBe("2026-05-04");
    }
  });

  test("an export's rows are whole wherever the network cuts its bytes", async () => {
    const byteByByte: Fault = ({ body, ...sound }) => ({
      ...sound,
      body: (async function* () {
        for (const byte of Buffer.from(body)) {
          yield Buffer.of(byte);
          await setImmediate();
        }
      })(),
    });
    const { server, moja } = await stage([byteByByte]);
    const seen: unknown[] = [];
    for await (const row of moja.callLogs.export()) seen.push(row);
    expect(seen).toStrictEqual(rowsOf("callLogs"));
    expect(server.asked).toHaveLength(1);
  });

  test("an export that ends in the middle of a line has broken off, and goes on", async () => {
    const { server, moja } = await stage([partly("end", 100)], quick);
    const seen: unknown[] = [];
    for await (const row of moja.callLogs.export()) seen.push(row);
    expect(seen).toStrictEqual(rowsOf("callLogs"));
    expect(server.asked).toHaveLength(2);
  });

  test("an export goes on as often as it gets further, and only retries_max times when it does not", async () => {
    const line = Buffer.byteLength(`${JSON.stringify(rowsOf("callLogs")[0])}\n`);
    const { server, moja } = await stage(times(5, partly("cut", line + 3)), { ...quick, retries_max: 1 });
    const seen: unknown[] = [];
    for await (const row of moja.callLogs.export()) seen.push(row);
    expect(seen).toStrictEqual(rowsOf("callLogs"));
    expect(server.asked.map(({ query }) => [query.get("cursor"), query.get("after")])).toStrictEqual(
      [[null, null]].concat(
        rowsOf("callLogs").map((row) => ["the cursor", `${row["started_at"]},${row["call_log_id"]}`] as never),
      ),
    );
    const stuck = await stage([partly("cut", line), ...times(9, partly("cut", 3))], { ...quick, retries_max });
    await expect(
      (async () => {
        for await (const _ of stuck.moja.callLogs.export());
      })(),
    ).rejects.toMatchObject({ code: "unreachable" });
    expect(stuck.server.asked).toHaveLength(1 + retries_max);
  });

  test("exportFile throws where the file breaks off, and resumes with its cursor", async () => {
    const { server, moja } = await stage([partly("cut")], quick);
    const { bytes, cursor, totals } = await moja.callLogs.exportFile({ format: "ndjson", totals: "true" });
    let begun = "";
    await expect(
      (async () => {
        for await (const chunk of bytes) begun += Buffer.from(chunk).toString("latin1");
      })(),
    ).rejects.toMatchObject({ code: "unreachable" });
    const part = Buffer.from(begun, "latin1");
    const first = part.subarray(0, part.lastIndexOf("\n") + 1).toString();
    const last = JSON.parse(first.trimEnd().split("\n").at(-1) ?? "") as Record<string, string>;
    const resume = { cursor, after: `${last["started_at"]},${last["call_log_id"]}` };
    const rest = await moja.callLogs.exportFile({ format: "ndjson" }, { resume });
    let ending = "";
    for await (const chunk of rest.bytes) ending += Buffer.from(chunk).toString("latin1");
    const whole = rowsOf("callLogs").map((row) => `${JSON.stringify(row)}\n`);
    expect(first + Buffer.from(ending, "latin1").toString()).toBe(whole.join(""));
    expect([cursor, totals, rest.totals]).toStrictEqual(["the cursor", { rows: whole.length }, null]);
    expect(server.asked[1]?.query.get("cursor")).toBe("the cursor");
  });

  test("a slow file is whole however long it takes, while something comes within the timeout", async () => {
    const slowly: Fault = ({ body, ...sound }) => ({
      ...sound,
      body: (async function* () {
        for (const line of body.split(/(?<=\n)/)) {
          await setTimeout(150);
          yield line;
        }
      })(),
    });
    for (const operation of oneOfEachKind.filter(({ kind }) => kind === "rows" || kind === "bytes")) {
      const { server, moja } = await stage([slowly], { timeout_ms: 600, ...quick });
      expect(await operation.run(moja)).toStrictEqual(operation.sound);
      expect(server.asked).toHaveLength(1);
    }
  });
});

describe("pauses", () => {
  /** The milliseconds between the requests. */
  const gaps = (asked: RecordedRequest[]) => asked.slice(1).map(({ at }, index) => at - (asked[index]?.at ?? 0));

  test("are as long as Retry-After says, in its place and not besides", async () => {
    const endless = { retry_pause_ms: 3_600_000 };
    for (const code of ["rate_limited", "unavailable"] as const) {
      for (const operation of oneOfEachKind) {
        const { server, moja } = await stage([refusal(code, { "Retry-After": "0.05" })], endless);
        expect(await operation.run(moja), operation.name).toStrictEqual(operation.sound);
        const first = server.asked[0] as RecordedRequest;
        const again = server.asked.find(
          ({ at, query, body }) => at > first.at && `${query}${body}` === `${first.query}${first.body}`,
        );
        expect(Number(again?.at) - first.at, operation.name).toBeGreaterThanOrEqual(48);
      }
    }
  });

  test("end at the date that Retry-After names", async () => {
    const { server, moja } = await stage(
      [() => ({ status: 503, headers: { "Retry-After": new Date(Date.now() + 2000).toUTCString() } })],
      { retry_pause_ms: 3_600_000 },
    );
    expect(await moja.callLogs.estimate()).toStrictEqual(estimate);
    expect(gaps(server.asked)[0]).toBeGreaterThanOrEqual(950);
  });

  test("double where Retry-After says nothing of use", async () => {
    const faults = ["", "0", "soon", new Date(0).toUTCString()].map((said) => status(429, { "Retry-After": said }));
    const { server, moja } = await stage(faults, { retry_pause_ms: 10 });
    expect(await moja.callLogs.estimate()).toStrictEqual(estimate);
    const pauses = gaps(server.asked);
    expect(pauses.map((pause, index) => pause >= 10 * 2 ** index - 2)).toStrictEqual([true, true, true, true]);
  });

  test("and tries are those of the README when nothing is given, or undefined", async () => {
    const wait = vi.spyOn(globalThis, "setTimeout");
    const nothing = { timeout_ms: undefined, retries_max: undefined, retry_pause_ms: undefined };
    for (const options of [{}, nothing]) {
      wait.mockClear();
      const { server, moja } = await stage([status(503)], options);
      expect(await moja.callLogs.estimate()).toStrictEqual(estimate);
      expect(gaps(server.asked)[0]).toBeGreaterThanOrEqual(248);
      expect(wait.mock.calls.some(([, ms]) => ms === 30_000)).toBe(true);
      const tried = await stage(times(9, status(503)), { ...options, retry_pause_ms: 1 });
      await expect(tried.moja.callLogs.estimate()).rejects.toMatchObject({ code: "unreachable" });
      expect(tried.server.asked).toHaveLength(5);
    }
    wait.mockRestore();
    const once = await stage(times(9, status(503)), { retries_max: 0 });
    await expect(once.moja.callLogs.list()).rejects.toMatchObject({ code: "unreachable" });
    expect(once.server.asked).toHaveLength(1);
  });
});

describe("an iterator that is left early", () => {
  const left = new Error("left early");

  test("cancels what is on its way on the server, and sends nothing more", async () => {
    const faults: Record<string, Fault[]> = {
      pages: [],
      rows: [partly("silence")],
      bytes: [partly("silence")],
      batches: [(sound) => sound, silence, silence, silence],
    };
    const sent: number[] = [];
    for (const operation of operations.filter(({ kind }) => kind in faults)) {
      const { server, moja } = await stage(faults[operation.kind] ?? []);
      const onItem = async () => {
        if (operation.kind === "batches") await until(() => server.asked.length === operation.requests);
        throw left;
      };
      expect(await thrownBy(operation.run(moja, { onItem })), operation.name).toBe(left);
      await until(() => server.asked.every(({ isOpen }) => !isOpen));
      sent.push(server.asked.length);
    }
    await setTimeout(60);
    expect(sentByAll()).toStrictEqual(sent);
  });

  test("sends no batch again that was to be tried again, and no other after one was refused", async () => {
    for (const operation of operations.filter(({ kind }) => kind === "batches")) {
      let heads = () => 0;
      const refused: Fault = (...asked) => {
        const { body, ...head } = refusal("missing_scope")(...asked) as { body: string };
        // It is refused while the other request waits to be tried again.
        const late = async function* () {
          await until(() => heads() === 2);
          yield body;
        };
        return { ...head, body: late() };
      };
      const staged = await stage([refused, ...times(9, status(503))], { retry_pause_ms: 200 });
      heads = staged.heads;
      expect(await thrownBy(operation.run(staged.moja)), operation.name).toMatchObject({ code: "missing_scope" });
      await setTimeout(450);
      expect(staged.server.asked, operation.name).toHaveLength(2);
    }
  });

  test("cancels a file also before its first byte, and while it waits for more", async () => {
    const { server, moja } = await stage(times(3, partly("silence")));
    await (await moja.callLogs.exportFile()).bytes.return();
    await expect((await moja.callLogs.exportFile()).bytes.throw(left)).rejects.toBe(left);
    const { bytes } = await moja.callLogs.exportFile();
    await bytes.next();
    const more = bytes.next();
    await bytes.return();
    expect(await more).toStrictEqual({ done: true, value: undefined });
    await until(() => server.asked.length === 3 && server.asked.every(({ isOpen }) => !isOpen));
  });
});

describe("pushes", () => {
  test("go in batches of 1,000, 8 at once, and come in their order, each when it is answered", async () => {
    let open = 0;
    let most = 0;
    const answered: number[] = [];
    const { server, moja } = await stage(
      Array.from({ length: 12 }, (_, nth): Fault => (sound) => {
        most = Math.max(most, ++open);
        const body = (async function* () {
          // Later ones are answered first, as far as they are on their way at once.
          await until(() => server.asked.length >= Math.min(8, 12 - Math.floor(nth / 8) * 8));
          await setTimeout(nth % 8 === 0 ? 40 : 1);
          open--;
          answered.push(nth);
          yield sound.body;
        })();
        return { ...sound, body };
      }),
    );
    const records = Array.from(
      { length: 11_500 },
      (_, index) => ({ kind: "call", call_log_id: `call_${index}` }) as never,
    );
    const firsts: unknown[] = [];
    for await (const { records: batch, receipt: told } of moja.ingest.pushAll(records)) {
      expect(told).toStrictEqual(receipt(batch.length));
      firsts.push([batch[0], batch.length]);
    }
    expect(firsts).toStrictEqual(
      Array.from({ length: 12 }, (_, index) => [records[index * 1000], index === 11 ? 500 : 1000]),
    );
    expect([most, server.asked.length]).toStrictEqual([8, 12]);
    expect(answered).not.toStrictEqual([...answered].sort((one, other) => one - other));
  });

  test("go in halves when they are too large together, and one that is too large by itself is refused", async () => {
    const tooLarge: Fault = (sound, request) =>
      request.body.includes("7777") ? refusal("payload_too_large")(sound, request) : sound;
    const records = [0, 1, 2, 7777, 4, 5].map((number) => ({ kind: "call", call_log_id: `call_${number}` }) as never);
    const { moja } = await stage(times(99, tooLarge));
    const { value: pushed } = await moja.ingest.pushAll(records).next();
    expect(pushed?.receipt).toStrictEqual({
      ...receipt(5),
      refused: [
        { index: 3, code: "invalid_record", issues: [{ path: "", message: expect.stringContaining("Refused") }] },
      ],
    });
    const text = records.map((each) => `${JSON.stringify(each)}\n`).join("");
    const file = (async function* () {
      yield Buffer.from(text);
    })();
    const { value: sent } = await moja.ingest.pushLines(file).next();
    expect(sent?.receipt).toMatchObject({ ...receipt(5), refused: [{ line: 4, code: "invalid_record" }] });
  });
});
