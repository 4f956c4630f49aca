import { once } from "node:events";
import { Agent, request, type IncomingMessage } from "node:http";
import { connect as connectTo, type Socket } from "node:net";
import { createKey } from "@moja/store";
import BetterSqlite3 from "better-sqlite3";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { databases } from "../support/databases.ts";
import { download } from "../support/download.ts";
import { startHarness, type Harness } from "../support/harness.ts";
import { startServerProcess, type ServerProcess } from "../support/server-process.ts";
import { exportPath, fill, readSlowly, rows } from "../support/slow-reader.ts";

/** What a request came to: an answer, or `cut` where the connection ended before it was whole. */
type Outcome = { status: number; text: string; connection: string | undefined } | "cut";

/** A request that the server has begun to answer, on a connection that its client would keep. */
type Held = { name: string; outcome: Promise<Outcome>; isOver: () => boolean };

type Sent = { name: string; path: string; key: string; method?: string; body?: string; type?: string };

/** Sends a request, and resolves when the server has its head: `100 Continue` says so. */
async function hold({ url }: { url: string }, { name, path, key, method, body, type }: Sent): Promise<Held> {
  const sent = request(url + path, {
    method,
    agent: new Agent({ keepAlive: true }),
    headers: {
      "X-API-Key": key,
      Expect: "100-continue",
      ...(body !== undefined && {
        "X-Organization-Id": "org_1",
        "Content-Type": type ?? "application/json",
        "Content-Length": String(Buffer.byteLength(body)),
      }),
    },
  });
  let over = false;
  const outcome = new Promise<Outcome>((resolve) => {
    sent.on("error", () => resolve("cut"));
    sent.on("response", (response) => void whole(response).then(resolve));
  }).finally(() => (over = true));
  sent.flushHeaders();
  await once(sent, "continue");
  sent.end(body);
  return { name, outcome, isOver: () => over };
}

async function whole(response: IncomingMessage): Promise<Outcome> {
  const chunks: string[] = [];
  response.setEncoding("utf8").on("data", (chunk: string) => void chunks.push(chunk));
  await once(response, "close").catch(() => undefined);
  const { statusCode = 0, headers } = response;
  return response.complete ? { status: statusCode, text: chunks.join(""), connection: headers.connection } : "cut";
}

/** A connection, and when its other end closes it. */
async function connection({ url }: { url: string }): Promise<{ socket: Socket; closed: Promise<unknown> }> {
  const socket = connectTo(Number(new URL(url).port), "127.0.0.1");
  const closed = new Promise((resolve) => socket.once("close", resolve));
  socket.on("error", () => undefined);
  await once(socket, "connect");
  return { socket, closed };
}

/** Waits until nobody is let in any more. */
async function closedDoors(server: ServerProcess): Promise<void> {
  await vi.waitFor(
    async () => {
      const refused = await connection(server).then(
        ({ socket }) => socket.destroy() && false,
        ({ code }) => code,
      );
      expect(refused).toBe("ECONNREFUSED");
    },
    { timeout: 20_000, interval: 10 },
  );
}

const event = (event_id: string) => ({
  kind: "call_event",
  call_log_id: "call_7q2m4xk1",
  event_id,
  occurred_at: "2026-05-04T12:00:00.000Z",
  type: "x",
  level: "info",
  message: "x",
  updated_at: "2026-05-04T12:00:00.000Z",
});

type Lock = { alsoReaders: () => Promise<void>; release: () => Promise<void> };

/**
 * Holds who writes, whose body is read by then; on PostgreSQL then also who reads, by the keys. Keys come second: a body
 * is read only for a key that was looked up.
 */
async function lock(database_url: string): Promise<Lock> {
  if (database_url.startsWith("sqlite:")) {
    const other = new BetterSqlite3(database_url.slice("sqlite:".length));
    other.exec("begin immediate");
    return { alsoReaders: async () => undefined, release: async () => void other.close() };
  }
  const other = new pg.Client(database_url);
  // The test's database is dropped below it when the test fails.
  other.on("error", () => undefined);
  await other.connect();
  await other.query("begin");
  await other.query("lock table call_events in exclusive mode");
  return {
    alsoReaders: async () => void (await other.query("lock table api_keys in access exclusive mode")),
    release: () => other.end(),
  };
}

describe.each(databases)("a server that is stopped, on $name", { timeout: 120_000 }, ({ name, create }) => {
  let api: Harness;
  let service: string;
  let file: string;
  beforeAll(async () => {
    api = await startHarness(create);
    service = await createKey(api.database, { organization_id: null, name: "producers", scopes: ["ingest:write"] });
    await fill(api.database);
    file = (await download(api, api.key, exportPath)).bytes.toString();
  });
  afterAll(() => api[Symbol.asyncDispose]());

  /** The requests that the lock holds. */
  function held(id: string): { writing: Sent[]; reading: Sent[] } {
    const push = { key: service, method: "POST", body: JSON.stringify({ records: [event(`${id}_json`)] }) };
    const writing: Sent[] = [
      { name: "push", path: "/v1/ingest", ...push },
      {
        name: "lines",
        path: "/v1/ingest",
        ...push,
        body: JSON.stringify(event(`${id}_line`)),
        type: "application/x-ndjson",
      },
      {
        name: "push over tRPC",
        path: "/trpc/ingest.push",
        ...push,
        body: JSON.stringify({ records: [event(`${id}_trpc`)] }),
      },
    ];
    const reading = [
      "/v1/me",
      "/v1/call-logs?limit=1",
      "/v1/call-logs/call_7q2m4xk1/timeline",
      "/v1/summaries/call-logs",
      "/v1/exports/call-logs?estimate=true",
      "/trpc/callLogs.list",
    ].map((path) => ({ name: path, path, key: api.key }));
    return { writing, reading: name === "SQLite" ? [] : reading };
  }

  /** A server with requests in flight: some that a lock holds, and an export that its reader holds. */
  async function busy(id: string, settings: Record<string, string>) {
    const server = await startServerProcess(api.database_url, { LOG_LEVEL: "info", ...settings });
    onTestFinished(server.kill);
    const silent = await connection(server);
    const idle = await connection(server);
    idle.socket.write("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
    await once(idle.socket, "data");
    const reader = await readSlowly(server, api.key);
    const { alsoReaders, release } = await lock(api.database_url);
    onTestFinished(release);
    const { writing, reading } = held(id);
    const holdAll = (sent: Sent[]) => Promise.all(sent.map((each) => hold(server, each)));
    const requests = await holdAll(writing);
    await alsoReaders();
    requests.push(...(await holdAll(reading)));
    return { server, silent, idle, reader, release, requests };
  }

  const kept = (id: string) =>
    api.database("call_events").whereLike("event_id", `${id}%`).orderBy("event_id").pluck("event_id");

  test.each(["SIGTERM", "SIGINT"] as const)(
    "by %s answers whole what is in flight, lets nobody else in, and exits with 0",
    async (signal) => {
      const { server, silent, idle, reader, release, requests } = await busy(signal, { SHUTDOWN_TIMEOUT_MS: "600000" });
      server.signal(signal);
      await closedDoors(server);
      // Whoever asks for nothing is not waited for.
      await Promise.all([idle.closed, silent.closed]);
      expect(requests.filter(({ isOver }) => isOver())).toStrictEqual([]);
      await release();
      for (const { name, outcome } of requests)
        expect(await outcome, name).toMatchObject({ status: 200, connection: "close" });
      expect(await reader.goOn()).toStrictEqual({ complete: true, rows: String(rows), text: file });
      const answered = Date.now();
      expect(await server.ended).toStrictEqual({ code: 0, signal: null });
      // A connection that its client would keep is not waited for, which would take five seconds.
      expect(Date.now() - answered).toBeLessThan(4000);
      expect(await kept(signal)).toStrictEqual([`${signal}_json`, `${signal}_line`, `${signal}_trpc`]);
      expect(server.log()).toContain(`"signal":"${signal}"`);
    },
  );

  test("cuts what takes longer than it may, so that no file looks whole, and exits with 0", async () => {
    const { server, reader, release, requests } = await busy("cut", { SHUTDOWN_TIMEOUT_MS: "300" });
    server.signal("SIGTERM");
    for (const { name, outcome } of requests) expect(await outcome, name).toBe("cut");
    const cut = Date.now();
    expect(await server.ended).toStrictEqual({ code: 0, signal: null });
    // The lock is still held, and PostgreSQL would let a statement wait for it for half a minute.
    expect(Date.now() - cut).toBeLessThan(10_000);
    await release();
    const { complete, rows: trailer, text } = await reader.goOn();
    expect([complete, trailer, file.startsWith(text)]).toStrictEqual([false, undefined, true]);
  });

  test("ends at once when it is told a second time", async () => {
    const { server, reader, release, requests } = await busy("twice", { SHUTDOWN_TIMEOUT_MS: "600000" });
    server.signal("SIGTERM");
    await closedDoors(server);
    server.signal("SIGTERM");
    expect(await server.ended).toStrictEqual({ code: null, signal: "SIGTERM" });
    for (const { name, outcome } of requests) expect(await outcome, name).toBe("cut");
    await release();
    expect(await reader.goOn()).toMatchObject({ complete: false, rows: undefined });
  });
});
