import { once } from "node:events";
import { rm } from "node:fs/promises";
import { Agent, get, request } from "node:http";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { createKey, createOrganization, openDatabase } from "@moja/store";
import { describe, expect, inject, test, vi } from "vitest";
import { databases, type TestDatabase } from "../support/databases.ts";
import { childrenOf, start, type Started } from "../support/processes.ts";
import { freePort, hasRedis, startRedis } from "../support/redis.ts";

const [sqlite, postgres] = databases;

/** A database with an organization, and keys to read and to write its records. */
async function prepared(create: () => Promise<TestDatabase>) {
  const fresh = await create();
  const database = await openDatabase(fresh.url);
  await createOrganization(database, { organization_id: "org_1", name: "One", plan: "premium", api_access: true });
  const key = await createKey(database, { organization_id: "org_1", name: "k", scopes: ["reports:read"] });
  const service = await createKey(database, { organization_id: null, name: "s", scopes: ["ingest:write"] });
  const dispose = async () => {
    await database.destroy();
    await fresh[Symbol.asyncDispose]();
  };
  return { database, url: fresh.url, key, service, [Symbol.asyncDispose]: dispose };
}

const serve = (DATABASE_URL: string, env: Record<string, string>): Started =>
  start("main.ts", [], { DATABASE_URL, PORT: "0", LOG_LEVEL: "error", WEB_CONCURRENCY: "2", ...env });

/** Asks on a connection of its own, which goes to the next process. */
const ask = (url: string, key: string): Promise<{ status: number; wait: number }> =>
  new Promise((resolve, reject) => {
    get(url, { agent: new Agent(), headers: { "X-API-Key": key } }, (response) => {
      response.resume();
      resolve({ status: response.statusCode ?? 0, wait: Number(response.headers["retry-after"] ?? 0) });
    }).on("error", reject);
  });

/** How many of so many requests are answered, over REST and tRPC in turn, at several addresses in turn. */
async function answered(urls: string[], key: string, count: number): Promise<Record<number, number>> {
  const paths = ["/v1/me", "/trpc/me.get"];
  const counts: Record<number, number> = {};
  await Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const url = `${urls[Math.floor(index / 2) % urls.length]}${paths[index % 2]}`;
      const { status, wait } = await ask(url, key);
      counts[status] = (counts[status] ?? 0) + 1;
      if (status === 429) expect(wait >= 1 && wait <= 60, String(wait)).toBe(true);
    }),
  );
  return counts;
}

describe("limits are exact to the request", () => {
  const limits = { RATE_LIMIT_PER_ENDPOINT: "25", RATE_LIMIT_PER_IP: "1000" };

  test("over four processes that count in the memory of the first", async () => {
    await using data = await prepared(sqlite.create);
    await using server = serve(data.url, { ...limits, WEB_CONCURRENCY: "4" });
    const { url } = await server.listening();
    expect(await answered([url], data.key, 80)).toStrictEqual({ 200: 25, 429: 55 });
  });

  test.skipIf(!hasRedis)(
    "over two servers of two processes that count in Redis, and answer all without it",
    async () => {
      await using data = await prepared(sqlite.create);
      await using redis = await startRedis();
      const env = { ...limits, REDIS_URL: redis.url, LOG_LEVEL: "warn" };
      await using one = serve(data.url, env);
      await using other = serve(data.url, env);
      const urls = (await Promise.all([one.listening(), other.listening()])).map(({ url }) => url);
      expect(await answered(urls, data.key, 80)).toStrictEqual({ 200: 25, 429: 55 });
      await redis.stop();
      const since = performance.now();
      expect(await answered(urls, data.key, 40)).toStrictEqual({ 200: 40 });
      const lines = one.written.err.trim().split("\n").length;
      const seconds = (performance.now() - since) / 1000 + 1;
      expect(lines, "two kinds of line a second from each process").toBeLessThanOrEqual(4 * Math.ceil(seconds));
      expect(one.written.err).toContain("requests are not counted");
      await redis.start();
      await vi.waitFor(async () => expect((await answered(urls, data.key, 60))[429]).toBeGreaterThan(0), 20_000);
    },
  );

  test.skipIf(!inject("postgres_url"))("over two servers of two processes that count in PostgreSQL", async () => {
    await using data = await prepared(postgres.create);
    const env = { ...limits, RATE_LIMIT_STORE: "postgres" };
    await using one = serve(data.url, env);
    await using other = serve(data.url, env);
    const urls = (await Promise.all([one.listening(), other.listening()])).map(({ url }) => url);
    expect(await answered(urls, data.key, 80)).toStrictEqual({ 200: 25, 429: 55 });
    // A window that a clock began which was two hours ahead.
    await data.database.raw("update request_counts set ends_at = ends_at + 7200000");
    expect(await answered(urls, data.key, 40)).toStrictEqual({ 200: 25, 429: 15 });
    await data.database.raw("update request_counts set ends_at = ends_at - 7260000 where key like 'per-endpoint %'");
    expect(await answered(urls, data.key, 40), "a window that has ended").toStrictEqual({ 200: 25, 429: 15 });
    await data.database.raw("alter table request_counts rename to elsewhere");
    expect(await answered(urls, data.key, 40), "without their table").toStrictEqual({ 200: 40 });
  });
});

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

/** How long processes may take to start where the machine is busy with other tests, in ms. */
const startMs = 30_000;

describe("several processes", () => {
  test.each(databases)(
    "write what they acknowledge, and go on when one is killed, on $name",
    async ({ create }) => {
      await using data = await prepared(create);
      await using server = serve(data.url, { RATE_LIMIT_PER_ENDPOINT: "0", RATE_LIMIT_PER_IP: "0" });
      const { url, text } = await server.listening();
      expect(text.match(/Moja Reporting API/g), "one greeting").toHaveLength(1);
      const headers = { "X-API-Key": data.service, "X-Organization-Id": "org_1", "Content-Type": "application/json" };
      const acknowledged: string[] = [];
      let isOver = false;
      const producer = async (name: number) => {
        for (let pushed = 0; !isOver; pushed++) {
          const id = `${name}-${pushed}`;
          const body = JSON.stringify({ records: [event(id)] });
          const status = await fetch(`${url}/v1/ingest`, {
            method: "POST",
            headers: { ...headers, Connection: "close" },
            body,
          })
            .then((response) => response.status)
            .catch(() => "cut");
          if (status === 200) acknowledged.push(id);
          expect(["cut", 200]).toContain(status);
        }
      };
      const producing = Promise.all([1, 2, 3, 4, 5, 6].map(producer));
      await vi.waitFor(() => expect(acknowledged.length).toBeGreaterThan(50), startMs);
      const [victim = 0, survivor] = childrenOf(server);
      process.kill(victim, "SIGKILL");
      await vi.waitFor(() => {
        const now = childrenOf(server);
        expect([now.length, now.includes(Number(survivor)), now.includes(victim)]).toStrictEqual([2, true, false]);
      }, startMs);
      await vi.waitFor(() => expect(server.written.err).toContain("a process has ended"), startMs);
      isOver = true;
      await producing;
      const stored = await data.database("call_events").pluck("event_id");
      expect(acknowledged.filter((id) => !stored.includes(id))).toStrictEqual([]);
      server.child.kill("SIGTERM");
      expect((await server.ended).code).toBe(0);
    },
    4 * startMs,
  );

  test("let requests in flight end when they are stopped, though each of them is signalled", async () => {
    await using data = await prepared(sqlite.create);
    await using server = serve(data.url, {});
    const { url } = await server.listening();
    const sent = request(`${url}/trpc/me.get`, {
      method: "POST",
      headers: {
        "X-API-Key": data.key,
        "Content-Type": "application/json",
        "Content-Length": "2",
        Expect: "100-continue",
      },
    });
    sent.flushHeaders();
    await once(sent, "continue");
    for (const pid of childrenOf(server)) process.kill(pid, "SIGTERM");
    server.child.kill("SIGTERM");
    await vi.waitFor(() => expect(ask(`${url}/livez`, "")).rejects.toMatchObject({ code: "ECONNREFUSED" }), 10_000);
    expect(server.child.exitCode).toBeNull();
    sent.end("{}");
    const [response] = (await once(sent, "response")) as [{ statusCode: number; resume: () => void }];
    response.resume();
    expect(response.statusCode).toBe(200);
    expect((await server.ended).code).toBe(0);
  });

  test("are given up where they end as soon as they start", async () => {
    await using data = await prepared(sqlite.create);
    await using server = serve(data.url, {});
    await server.listening();
    await rm(data.url.slice("sqlite:".length));
    process.kill(Number(childrenOf(server)[0]), "SIGKILL");
    const { code, err } = await server.ended;
    expect([code, /giving up/.test(err), err.includes("npm run admin -- init")]).toStrictEqual([1, true, true]);
  });

  test("say once that their port is taken", async () => {
    await using data = await prepared(sqlite.create);
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const PORT = String((taken.address() as AddressInfo).port);
    const { code, out, err } = await serve(data.url, { PORT }).ended;
    taken.close();
    expect([code, out, err.match(/EADDRINUSE/g)?.length]).toStrictEqual([1, "", 1]);
    expect(err).toContain("See the setting PORT.");
  });

  test("answer while Redis was never there", async () => {
    await using data = await prepared(sqlite.create);
    const REDIS_URL = `redis://127.0.0.1:${await freePort()}`;
    await using server = serve(data.url, {
      REDIS_URL,
      WEB_CONCURRENCY: "1",
      LOG_LEVEL: "warn",
      RATE_LIMIT_PER_IP: "1",
    });
    const { url } = await server.listening();
    expect(await answered([url], data.key, 10)).toStrictEqual({ 200: 10 });
    expect(server.written.err).toContain("Redis is away");
  });
});
