import { once as onceEvent } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile } from "node:fs/promises";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { join } from "node:path";
import { exampleRecords } from "@moja/contracts";
import { writeDemo } from "@moja/demo";
import {
  createKey,
  createOrganization,
  findOrganization,
  ingestRecords,
  openDatabase,
  type Database,
} from "@moja/store";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, inject, test, vi } from "vitest";
import { readSettings } from "../../apps/api/src/config.ts";
import { databases } from "../support/databases.ts";
import { endlessReads, makeEndless } from "../support/endless-table.ts";
import { expectCaseForEach, once, type Cases } from "../support/options.ts";
import { childrenOf, start, type Started } from "../support/processes.ts";

const root = new URL("../../", import.meta.url);
const defaults: Record<string, unknown> = readSettings({});

/** A server, its address, and a key that its database knows. */
type Serving = { server: Started; url: string; text: string; key: string };

/** Does something with a database, and closes it. */
async function onDatabase<Result>(url: string, act: (database: Database) => Promise<Result>): Promise<Result> {
  const database = await openDatabase(url);
  try {
    return await act(database);
  } finally {
    await database.destroy();
  }
}

/** A key of the only organization of a database, which is made when it is not there. */
const keyOf = (database_url: string, organization_id = "org_1") =>
  onDatabase(database_url, async (database) => {
    const organization = { organization_id, name: "One", plan: "premium", api_access: true } as const;
    if (!(await findOrganization(database, organization_id))) await createOrganization(database, organization);
    return createKey(database, { organization_id, name: "k", scopes: ["reports:read"] });
  });

/** Has an organization's webhook requests take endlessly to read; another one's have no rows, and are read at once. */
async function plantEndless(database: Database): Promise<void> {
  const { refused } = await ingestRecords(database, "org_1", exampleRecords);
  expect(refused).toStrictEqual([]);
  await createOrganization(database, { organization_id: "org_2", name: "Two", plan: "premium", api_access: true });
  await makeEndless(database);
}

/** Asks from an address, as a proxy would pass the request on. */
async function ask({ url, key }: Pick<Serving, "url" | "key">, path: string, from = "203.0.113.1") {
  const response = await fetch(url + path, { headers: { "X-API-Key": key, "X-Forwarded-For": from } });
  const body = (await response.json()) as { detail?: string };
  return `${response.status} ${/\(per-\w+\)/.exec(body.detail ?? "")?.[0] ?? ""}`.trim();
}

/** Opens a request whose body is not complete yet; resolves when the server has begun with it. */
async function heldRequest({ url, key }: Pick<Serving, "url" | "key">): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.write(
    `POST /trpc/me.get HTTP/1.1\r\nHost: ${hostname}\r\nX-API-Key: ${key}\r\nContent-Type: application/json\r\n` +
      "Content-Length: 2\r\nExpect: 100-continue\r\n\r\n",
  );
  const [begun] = (await onceEvent(socket, "data")) as [Buffer];
  expect(begun.toString()).toContain("HTTP/1.1 100 Continue");
  return socket;
}

async function freePort(host: string): Promise<number> {
  const server = createServer().listen(0, host);
  await onceEvent(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await onceEvent(server, "close");
  return port;
}

describe("each setting of the server has an effect,", () => {
  let folder: string;
  // By itself, with nothing but a free port; with every other setting changed; and with the limit of addresses
  // switched off.
  let [plain, changed, unlimited] = [] as unknown as [Serving, Serving, Serving];
  let port: number;

  beforeAll(async () => {
    folder = await mkdtemp(join(inject("tests_folder"), "settings-"));
    port = await freePort("127.0.0.2");
    const [ofPlain, ofChanged] = [`sqlite:${folder}/data/moja.sqlite`, `sqlite:${folder}/changed.sqlite`];
    const [key, other] = [await keyOf(ofPlain), await keyOf(ofChanged)];
    for (const url of [ofPlain, ofChanged]) await onDatabase(url, plantEndless);
    const serve = async (env: Record<string, string>, key: string): Promise<Serving> => {
      const server = start("main.ts", [], { cwd: folder, ...env });
      return { server, key, ...(await server.listening()) };
    };
    [plain, changed, unlimited] = await Promise.all([
      serve({ PORT: "0" }, key),
      serve(
        {
          DATABASE_URL: ofChanged,
          HOST: "127.0.0.2",
          PORT: String(port),
          TRUST_PROXY: "1",
          CORS_ORIGINS: "https://one.example,https://two.example",
          LOG_LEVEL: "silent",
          PUBLIC_URL: "https://reports.example",
          RATE_LIMIT_PER_ENDPOINT: "3",
          RATE_LIMIT_PER_IP: "4",
          KEEP_ALIVE_TIMEOUT_MS: "9000",
          QUERY_TIMEOUT_MS: "6000",
          HEAVY_READS: "1",
          HEAVY_READS_PER_ORGANIZATION: "1",
          HEAVY_QUEUE: "8",
          EXPORTS_PER_KEY: "2",
          MAX_CONNECTIONS: "40",
          MAX_CONNECTIONS_PER_ADDRESS: "20",
          SHUTDOWN_TIMEOUT_MS: "50",
        },
        other,
      ),
      serve({ PORT: "0", TRUST_PROXY: "loopback, 10.0.0.0/8", RATE_LIMIT_PER_IP: "0" }, key),
    ]);
  });
  afterAll(async () => {
    for (const { server } of [plain, changed, unlimited]) await server[Symbol.asyncDispose]();
  });

  /** What the plain server answers to one more than a minute's requests, each as if from another address. */
  const hundredAndOne = once(async () => {
    const answers: string[] = [];
    for (let asked = 0; asked < 101; asked++) answers.push(await ask(plain, "/v1/me", `203.0.113.${asked}`));
    return answers;
  });

  /** Stops a server with the usual time and the changed one while each has a request in flight. */
  const stopped = once(async () => {
    const [held, cut] = [await heldRequest(unlimited), await heldRequest(changed)];
    const answers = { held: "", cut: "" };
    held.on("data", (chunk) => (answers.held += String(chunk))).on("error", () => undefined);
    cut.on("data", (chunk) => (answers.cut += String(chunk)));
    unlimited.server.child.kill("SIGTERM");
    await vi.waitFor(() => expect(unlimited.server.written.err).toContain('"stopping"'), 5000);
    changed.server.child.kill("SIGTERM");
    // Were its own time as long as the usual one, the other server would have cut its request before.
    const first = await changed.server.ended;
    const waits = unlimited.server.child.exitCode === null;
    held.write("{}");
    await vi.waitFor(() => expect(answers.held !== "" || held.destroyed).toBe(true), 5000);
    cut.destroy();
    held.destroy();
    return { first, waits, answers, last: await unlimited.server.ended };
  });

  const allowed = async ({ url }: Serving, origin: string) =>
    (await fetch(`${url}/healthz`, { headers: { Origin: origin } })).headers.get("access-control-allow-origin");

  const fileOf = (serving: Serving) => `sqlite:${folder}/${serving === changed ? "changed" : "data/moja"}.sqlite`;

  /** Asks for what is endless with a key for each request, until it is answered or all is given up. */
  async function askEndlessly(serving: Serving, path: string, keys: string[], signal: AbortSignal) {
    return keys.map(async (key, index) => {
      const headers = { "X-API-Key": key, "X-Forwarded-For": `203.0.113.${index}` };
      const response = await fetch(serving.url + path, { headers, signal });
      const { code, detail } = (await response.json()) as { code?: string; detail?: string };
      return `${code} ${detail}`;
    });
  }

  /** In which order heavy reads are answered on the usual server and the changed one: five that are endless, then one
   * of another organization. */
  const heavy = once(async () => {
    const servers = Object.entries({ usual: unlimited, changed });
    const keysOf = (serving: Serving, organization_ids: string[]) =>
      Promise.all(organization_ids.map((organization_id) => keyOf(fileOf(serving), organization_id)));
    const asking = await Promise.all(
      servers.map(async ([name, serving]) => ({
        name,
        serving,
        keys: await keysOf(serving, Array<string>(5).fill("org_1")),
        others: await keysOf(serving, ["org_2"]),
      })),
    );
    const gone = new AbortController();
    const order: string[] = [];
    const ends: Promise<unknown>[] = [];
    const ask = async ({ name, serving }: { name: string; serving: Serving }, keys: string[], what?: string) => {
      for (const answer of await askEndlessly(serving, endlessReads.summary, keys, gone.signal))
        ends.push(
          answer.then(
            (text) => order.push(`${name} ${what ?? text.split(" ", 1)[0]}`),
            () => undefined,
          ),
        );
    };
    for (const each of asking) await ask(each, each.keys);
    await vi.waitFor(() => expect(order).toHaveLength(2), 20_000);
    for (const each of asking) await ask(each, each.others, "other");
    await vi.waitFor(() => expect(order).toContain("changed too_slow"), 20_000);
    gone.abort();
    await Promise.all(ends);
    return order.slice(0, order.indexOf("changed too_slow") + 1);
  });

  /** The most connections to PostgreSQL of each purpose, while all are asked for that there may be. */
  const pools = once(async () => {
    await using fresh = await databases[1].create();
    const [key, service] = await onDatabase(fresh.url, async (database) => [
      await keyOf(fresh.url),
      await createKey(database, { organization_id: null, name: "s", scopes: ["ingest:write"] }),
    ]);
    const settings = { POSTGRES_KEY_CONNECTIONS: "1", POSTGRES_PAGE_CONNECTIONS: "3", POSTGRES_WRITE_CONNECTIONS: "2" };
    await using server = start("main.ts", [], { cwd: folder, PORT: "0", DATABASE_URL: fresh.url, ...settings });
    const { url } = await server.listening();
    const client = new pg.Client({ connectionString: fresh.url });
    await client.connect();
    const counts = async () => {
      await client.query("select pg_stat_clear_snapshot()");
      const { rows } = await client.query<{ name: string; count: string }>(
        `select split_part(application_name, ' ', 2) as name, count(*) from pg_stat_activity
        where datname = current_database() and application_name like 'moja-%' and wait_event_type = 'Lock' group by 1`,
      );
      return Object.fromEntries(rows.map(({ name, count }) => [name, Number(count)]));
    };
    const lockedWith = async (table: string, asked: () => Promise<Response>[], expected: Record<string, number>) => {
      await client.query(`begin; lock table ${table} in access exclusive mode`);
      const answers = asked();
      await vi.waitFor(async () => expect(await counts()).toStrictEqual(expected), 20_000);
      await client.query("commit");
      return (await Promise.all(answers)).map(({ status }) => status);
    };
    const read = (path: string) => fetch(url + path, { headers: { "X-API-Key": key } });
    const body = JSON.stringify({ records: exampleRecords });
    const headers = { "X-API-Key": service, "X-Organization-Id": "org_1", "Content-Type": "application/json" };
    const push = () => fetch(`${url}/v1/ingest`, { method: "POST", headers, body });
    const six = [1, 2, 3, 4, 5, 6];
    const statuses = [
      await lockedWith("api_keys", () => six.map(() => read("/v1/me")), { keys: 1 }),
      await lockedWith("calls", () => six.flatMap(() => [read("/v1/call-logs"), push()]), { pages: 3, writes: 2 }),
    ];
    await client.end();
    expect(new Set(statuses.flat())).toStrictEqual(new Set([200]));
    return true;
  });
  const poolCase = async () => {
    if (inject("postgres_url")) expect(await pools()).toBe(true);
  };

  /** How many of so many connections from an address stay open. */
  async function kept(
    { url }: Serving,
    localAddress: string,
    count: number,
  ): Promise<{ kept: number; close: () => void }> {
    const { hostname, port } = new URL(url);
    const sockets = Array.from({ length: count }, () => connect({ port: Number(port), host: hostname, localAddress }));
    const answered = await Promise.all(
      sockets.map(async (socket) => {
        socket.on("error", () => undefined);
        socket.write("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n");
        return new Promise<number>((resolve) => {
          socket.once("data", () => resolve(1)).once("close", () => resolve(0));
        });
      }),
    );
    return {
      kept: answered.reduce<number>((sum, one) => sum + one, 0),
      close: () => sockets.forEach((socket) => socket.destroy()),
    };
  }

  const cases: Cases = {
    QUERY_TIMEOUT_MS: async () => {
      const order = await heavy();
      expect(order).toContain("changed too_slow");
      expect(order, "the usual time is not over").not.toContain("usual too_slow");
    },
    HEAVY_QUEUE: async () => {
      // One runs and two wait, a quarter of eight; usually twenty wait.
      expect((await heavy()).slice(0, 2)).toStrictEqual(["changed overloaded", "changed overloaded"]);
      expect(await heavy()).not.toContain("usual overloaded");
    },
    HEAVY_READS_PER_ORGANIZATION: async () => {
      // Two would run and two wait, and only one would be refused at once.
      expect((await heavy()).slice(0, 2)).toStrictEqual(["changed overloaded", "changed overloaded"]);
    },
    HEAVY_READS: async () => {
      // Usually another organization is answered while two reads of the first run; here it waits for its turn.
      const order = await heavy();
      expect([order.includes("usual other"), order.includes("changed other")]).toStrictEqual([true, false]);
    },
    EXPORTS_PER_KEY: async () => {
      for (const [serving, max] of [
        [unlimited, 1],
        [changed, 2],
      ] as const) {
        const gone = new AbortController();
        const keys = Array<string>(max + 1).fill(await keyOf(fileOf(serving)));
        const answers = await askEndlessly(serving, endlessReads.export, keys, gone.signal);
        expect(await Promise.race(answers)).toMatch(new RegExp(`^overloaded ${max} export`));
        gone.abort();
        await Promise.allSettled(answers);
      }
    },
    POSTGRES_KEY_CONNECTIONS: poolCase,
    POSTGRES_PAGE_CONNECTIONS: poolCase,
    POSTGRES_WRITE_CONNECTIONS: poolCase,
    WEB_CONCURRENCY: async () => {
      await using server = start("main.ts", [], { cwd: folder, PORT: "0", WEB_CONCURRENCY: "2" });
      expect(await ask({ ...(await server.listening()), key: plain.key }, "/v1/me")).toBe("200");
      expect([childrenOf(server), childrenOf(plain.server)].map(({ length }) => length)).toStrictEqual([2, 0]);
    },
    REDIS_URL: async () => {
      const away = { REDIS_URL: "redis://127.0.0.1:1", RATE_LIMIT_PER_IP: "1" };
      await using server = start("main.ts", [], { cwd: folder, PORT: "0", ...away });
      const serving = { ...(await server.listening()), key: plain.key };
      expect([await ask(serving, "/v1/me"), await ask(serving, "/v1/me")]).toStrictEqual(["200", "200"]);
      expect(server.written.err).toContain("Redis is away");
    },
    RATE_LIMIT_STORE: async () => {
      if (!inject("postgres_url")) return;
      await using fresh = await databases[1].create();
      const key = await keyOf(fresh.url);
      const counting = { DATABASE_URL: fresh.url, RATE_LIMIT_STORE: "postgres", PORT: "0" };
      await using server = start("main.ts", [], { cwd: folder, ...counting });
      expect(await ask({ ...(await server.listening()), key }, "/v1/me")).toBe("200");
      const counts = await onDatabase(fresh.url, (database) => database("request_counts").pluck("count"));
      expect(counts.map(Number)).toStrictEqual([1, 1]);
      const onSqlite = await start("main.ts", [], { cwd: folder, RATE_LIMIT_STORE: "postgres" }).ended;
      expect([onSqlite.code, onSqlite.err]).toStrictEqual([1, expect.stringContaining("DATABASE_URL of PostgreSQL")]);
    },
    DATABASE_READ_URL: async () => {
      expect(await (await fetch(`${plain.url}/readyz`)).json()).not.toHaveProperty("replica");
      const onSqlite = await start("main.ts", [], { cwd: folder, DATABASE_READ_URL: "postgres://nobody@127.0.0.1:1/x" })
        .ended;
      expect([onSqlite.code, onSqlite.err]).toStrictEqual([1, expect.stringContaining("DATABASE_URL of PostgreSQL")]);
      if (!inject("postgres_url")) return;
      await using fresh = await databases[1].create();
      const key = await keyOf(fresh.url);
      const both = { DATABASE_URL: fresh.url, DATABASE_READ_URL: fresh.url, PORT: "0" };
      await using server = start("main.ts", [], { cwd: folder, ...both });
      const { url } = await server.listening();
      expect(await ask({ url, key }, "/v1/call-logs")).toBe("200");
      const { status, replica } = (await (await fetch(`${url}/readyz`)).json()) as Record<string, unknown>;
      expect([status, replica]).toStrictEqual(["ok", { state: "away", lag_ms: null }]);
      await vi.waitFor(() => expect(server.written.err).toContain("It is no replica"), 20_000);
    },
    // `replicas.test.ts` has a replica that is behind.
    REPLICA_LAG_MS_MAX: async () => {
      const { code, err } = await start("main.ts", [], { cwd: folder, REPLICA_LAG_MS_MAX: "999" }).ended;
      expect([code, err]).toStrictEqual([1, expect.stringContaining("a whole number from 1000 to 3600000")]);
    },
    MAX_CONNECTIONS_PER_ADDRESS: async () => {
      const [usual, few] = [await kept(unlimited, "127.0.0.5", 25), await kept(changed, "127.0.0.5", 25)];
      expect([usual.kept, few.kept]).toStrictEqual([25, 20]);
      for (const { close } of [usual, few]) close();
      await vi.waitFor(() => ask(changed, "/livez"), 10_000);
    },
    MAX_CONNECTIONS: async () => {
      const usual = [
        await kept(unlimited, "127.0.0.6", 20),
        await kept(unlimited, "127.0.0.7", 20),
        await kept(unlimited, "127.0.0.8", 20),
      ];
      const few = [
        await kept(changed, "127.0.0.6", 20),
        await kept(changed, "127.0.0.7", 20),
        await kept(changed, "127.0.0.8", 20),
      ];
      const sum = (all: { kept: number }[]) => all.reduce((before, { kept: count }) => before + count, 0);
      expect([sum(usual), sum(few) <= 40]).toStrictEqual([60, true]);
      for (const { close } of [...usual, ...few]) close();
      // Until the server has noticed, it takes no other connection.
      await vi.waitFor(() => ask(changed, "/livez"), 10_000);
    },
    DATABASE_URL: async () => {
      expect([existsSync(join(folder, "data/moja.sqlite")), existsSync(join(folder, "changed.sqlite"))]).toStrictEqual([
        true,
        true,
      ]);
      expect(await ask({ ...changed, key: plain.key }, "/v1/me", "198.51.100.1")).toBe("401");
      expect(await ask(changed, "/v1/me", "198.51.100.1")).toBe("200");
      expect([
        await ask(unlimited, "/v1/call-logs"),
        await ask({ ...unlimited, key: changed.key }, "/v1/me"),
      ]).toStrictEqual(["200", "401"]);
    },
    HOST: async () => {
      expect([new URL(plain.url).hostname, new URL(changed.url).hostname]).toStrictEqual(["127.0.0.1", "127.0.0.2"]);
      for (const [{ url }, elsewhere] of [
        [plain, "127.0.0.2"],
        [changed, "127.0.0.1"],
      ] as const) {
        expect((await fetch(`${url}/healthz`)).status).toBe(200);
        await expect(fetch(`http://${elsewhere}:${new URL(url).port}/healthz`)).rejects.toThrow("fetch failed");
      }
    },
    PORT: async () => {
      expect(new URL(changed.url).port).toBe(String(port));
      expect(new URL(plain.url).port, "with 0, a free one").not.toBe(new URL(unlimited.url).port);
      // An address that this machine does not have: nothing listens, and the port is named.
      const { err } = await start("main.ts", [], { cwd: folder, HOST: "192.0.2.1" }).ended;
      expect(err).toContain("192.0.2.1:3000\n");
    },
    PUBLIC_URL: async () => {
      const collection = async ({ url }: Serving) => (await fetch(`${url}/postman.json`)).text();
      expect(await collection(plain)).toContain(`"value":"${plain.url}"`);
      expect(await collection(changed)).toContain('"value":"https://reports.example"');
    },
    TRUST_PROXY: async () => {
      expect((await hundredAndOne()).at(-1), "believed from nobody").toBe("429 (per-ip)");
      const answers: string[] = [];
      for (const address of [1, 1, 1, 1, 1, 2]) answers.push(await ask(changed, "/v1/x", `198.51.101.${address}`));
      expect(answers).toStrictEqual(["404", "404", "404", "404", "429 (per-ip)", "404"]);
      const seen = async (proxies: Serving) =>
        (await fetch(`${proxies.url}/llms.txt`, { headers: { "X-Forwarded-Proto": "https" } })).text();
      expect([
        (await seen(plain)).includes("https://127.0.0.1"),
        (await seen(unlimited)).includes("https://127.0.0.1"),
      ]).toStrictEqual([false, true]);
    },
    CORS_ORIGINS: async () => {
      const origins = ["https://one.example", "https://two.example", "https://three.example"];
      expect(await Promise.all(origins.map((origin) => allowed(changed, origin)))).toStrictEqual([
        ...origins.slice(0, 2),
        null,
      ]);
      expect(await Promise.all(origins.map((origin) => allowed(plain, origin)))).toStrictEqual([null, null, null]);
    },
    RATE_LIMIT_PER_ENDPOINT: async () => {
      const key = await keyOf(`sqlite:${folder}/changed.sqlite`);
      const limited: string[] = [];
      for (let asked = 0; asked < 4; asked++)
        limited.push(await ask({ ...changed, key }, "/v1/me", `198.51.102.${asked}`));
      expect(limited).toStrictEqual(["200", "200", "200", "429 (per-endpoint)"]);
      const usual: string[] = [];
      for (let asked = 0; asked < 121; asked++) usual.push(await ask(unlimited, "/v1/rtb/inbound-requests"));
      expect(usual).toStrictEqual([...Array.from({ length: 120 }, () => "200"), "429 (per-endpoint)"]);
    },
    RATE_LIMIT_PER_IP: async () => {
      const answers: string[] = [];
      for (const path of ["/v1/a", "/v1/b", "/v1/c", "/v1/d", "/v1/e"])
        answers.push(await ask(changed, path, "198.51.103.1"));
      expect(answers).toStrictEqual(["404", "404", "404", "404", "429 (per-ip)"]);
      expect(await hundredAndOne()).toStrictEqual([...Array.from({ length: 100 }, () => "200"), "429 (per-ip)"]);
    },
    KEEP_ALIVE_TIMEOUT_MS: async () => {
      const kept = async ({ url }: { url: string }) => (await fetch(`${url}/healthz`)).headers.get("keep-alive");
      expect([await kept(plain), await kept(changed)]).toStrictEqual(["timeout=75", "timeout=9"]);
    },
    SHUTDOWN_TIMEOUT_MS: async () => {
      const { first, waits, answers, last } = await stopped();
      expect(first).toMatchObject({ code: 0 });
      expect(waits, "the usual time is not over").toBe(true);
      expect(answers).toStrictEqual({ held: expect.stringMatching(/^HTTP\/1\.1 200 /), cut: "" });
      expect(last.code).toBe(0);
    },
    LOG_LEVEL: async () => {
      const { first, last } = await stopped();
      expect(first).toMatchObject({ err: "" });
      const lines = last.err
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as { req?: { path: string } });
      expect(lines.some(({ req }) => req?.path === "/trpc/me.get")).toBe(true);
    },
  };

  const flags: Cases = {
    "--demo": async () => {
      const cwd = await mkdtemp(join(inject("tests_folder"), "demo-"));
      await onDatabase(`sqlite:${cwd}/data/demo.sqlite`, (database) =>
        writeDemo(database, { calls: 20, now: Date.now() - 2 * 24 * 60 * 60 * 1000 }),
      );
      await using demo = start("main.ts", ["--demo"], { cwd, PORT: "0" });
      const { text } = await demo.listening();
      expect([text.includes("moja_demo-"), plain.text.includes("moja_demo-")]).toStrictEqual([true, false]);
      expect(text).toMatch(/^The demo's newest call was older than a day: told \d+ new stories up to now\.$/m);
      expect(await readdir(join(cwd, "data"))).not.toContain("moja.sqlite");
    },
  };

  test("and a case that observes it, each flag too", async () => {
    const source = await readFile(new URL("apps/api/src/serve.ts", root), "utf8");
    expectCaseForEach(
      [...source.matchAll(/"(--\w[\w-]*)"/g)].map(([, flag]) => String(flag)),
      flags,
    );
    expectCaseForEach(Object.keys(defaults), cases);
  });
  test.each(Object.entries({ ...flags, ...cases }))("%s", (_, observe) => observe());
});

test("the documented settings are those of the server, with their defaults", async () => {
  const operations = await readFile(new URL("docs/operations.md", root), "utf8");
  const [, table = ""] = /\| Setting \| Default \|.*\n\|[-|]+\|\n((?:\|.*\n)+)/.exec(operations) ?? [];
  const rows = table
    .trim()
    .split("\n")
    .map((row) => row.split("|").map((cell) => cell.trim().replaceAll("`", "")));
  expect(Object.fromEntries(rows.map(([, name, value]) => [name, value]))).toStrictEqual(
    Object.fromEntries(Object.entries(defaults).map(([name, value]) => [name, String(value)])),
  );
});
