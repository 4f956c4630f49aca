import { mkdtemp } from "node:fs/promises";
import { request, type IncomingHttpHeaders } from "node:http";
import { join } from "node:path";
import { exampleRecords, type Scope } from "@moja/contracts";
import { createKey, createOrganization, ingestRecords, openDatabase, type Database } from "@moja/store";
import { afterAll, beforeAll, describe, expect, inject, test, vi } from "vitest";
import { databases, type TestDatabase } from "../support/databases.ts";
import { exportOperations } from "../support/download.ts";
import { pathFor, procedures } from "../support/http.ts";
import { document } from "../support/openapi-document.ts";
import { sendRaw } from "../support/raw-http.ts";
import { Sentinels, spelledOut } from "../support/sentinels.ts";
import { overhear, type Overheard } from "../support/server-process.ts";

type Asked = { method?: string; headers?: Record<string, string>; body?: string | Buffer; from?: string };
type Answer = { status: number; headers: IncomingHttpHeaders; text: string };

/** Every hundred requests come from another address of this machine, so that no limit is met by accident. */
let asked = 0;
const nextAddress = () => `127.0.${1 + Math.floor(asked++ / 90)}.1`;

/** Asks from an address of this machine: the limits that are in force count by it. */
function ask(url: string, path: string, { method = "GET", headers = {}, body, from }: Asked = {}): Promise<Answer> {
  const { port } = new URL(url);
  const to = { host: "127.0.0.1", port, path, method, headers, localAddress: from ?? nextAddress(), agent: false };
  return new Promise((resolve, reject) => {
    const sent = request(to, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: Buffer.concat(chunks).toString("latin1"),
        }),
      );
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

/** What browsers are told by every answer. */
const securityHeaders = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "origin-agent-cluster": "?1",
  "referrer-policy": "no-referrer",
  "strict-transport-security": "max-age=31536000; includeSubDomains",
  "x-content-type-options": "nosniff",
  "x-dns-prefetch-control": "off",
  "x-download-options": "noopen",
  "x-frame-options": "SAMEORIGIN",
  "x-permitted-cross-domain-policies": "none",
  "x-xss-protection": "0",
};

/** The pages, whose own policy is stricter than that of all other answers. */
const pages = ["/docs", "/docs/errors", "/docs/reasons"];
const files = [
  "/docs/assets/start.js",
  "/docs/assets/document.json",
  "/docs/getting-started.md",
  "/docs/reference.md",
  "/openapi.json",
  "/postman.json",
  "/llms.txt",
  "/livez",
  "/readyz",
  "/healthz",
];
const reports = [
  ...procedures.map(({ contract }) => pathFor(contract, contract.example.input)),
  ...exportOperations.map(({ contract }) => `${contract.path}?from=2026-05-04&to=2026-05-05`),
];
const others = ["/v1/ingest", "/trpc/me.get", "/trpc/nothing", "/nothing", "/v1/nothing", "/v1/call-logs/%zz", "/"];
const paths = [...reports, ...pages, ...files, ...others];

/** What must be there or not, whatever is answered. */
function expectSafe(path: string, { headers }: { headers: Record<string, unknown> }, what: string): void {
  const about = `${what} ${path}`;
  expect(headers, about).toMatchObject(securityHeaders);
  expect(String(headers["content-security-policy"]), about).toMatch(/^default-src '(self|none)';/);
  expect(String(headers["content-security-policy"]), about).toMatch(/;script-src '(self|none)';/);
  expect(
    Object.keys(headers).filter((name) => /^access-control|^x-powered-by$|^server$/.test(name)),
    about,
  ).toStrictEqual([]);
}

/** What an operator makes on a database, while the server runs on it. */
async function organizationOn(database: Database): Promise<{ key: string; another: string; service: string }> {
  const organization_id = "org_default";
  await createOrganization(database, { organization_id, name: "Default", plan: "premium", api_access: true });
  const scopes: Scope[] = ["reports:read", "pii:read"];
  const key = await createKey(database, { organization_id, name: "reader", scopes });
  const another = await createKey(database, { organization_id, name: "another", scopes });
  const service = await createKey(database, { organization_id: null, name: "writer", scopes: ["ingest:write"] });
  await ingestRecords(database, organization_id, exampleRecords);
  return { key, another, service };
}

describe("with default settings", () => {
  let server: Overheard;
  let database: Database;
  let keys: Awaited<ReturnType<typeof organizationOn>>;
  beforeAll(async () => {
    const folder = await mkdtemp(join(inject("tests_folder"), "default-"));
    database = await openDatabase(`sqlite:${join(folder, "data/moja.sqlite")}`);
    server = await overhear(folder, {});
    keys = await organizationOn(database);
  });
  afterAll(async () => {
    await server.kill();
    await database.destroy();
  });

  test("the paths are all that the document describes", () => {
    const asked = new Set(paths.map((path) => path.split("?", 1)[0] ?? ""));
    const missing = Object.keys(document.paths).filter(
      (template) => ![...asked].some((path) => new RegExp(`^${template.replace(/\{\w+\}/g, "[^/]+")}$`).test(path)),
    );
    expect(missing).toStrictEqual([]);
  });

  const origins = [undefined, "https://evil.example"];
  const methods = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "preflight"];
  test.each(methods)("%s lets no foreign page read, and tells browsers to be strict, everywhere", async (method) => {
    for (const path of paths)
      for (const origin of origins) {
        const preflight = { "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "x-api-key" };
        const answer = await ask(server.url, path, {
          method: method === "preflight" ? "OPTIONS" : method,
          headers: {
            "X-API-Key": keys.key,
            ...(origin !== undefined && { Origin: origin }),
            ...(method === "preflight" && preflight),
          },
        });
        if (method === "GET" && !others.includes(path)) expect([path, answer.status]).toStrictEqual([path, 200]);
        expect(answer.status, path).not.toBe(429);
        expectSafe(path, answer, `${method} from ${origin}`);
      }
  });

  test.each(pages)("%s loads and asks nothing but files of its own server", async (path) => {
    const { headers } = await ask(server.url, path);
    expect(String(headers["content-security-policy"]).split(";").slice(0, 2)).toStrictEqual([
      "default-src 'none'",
      path === "/docs" ? "script-src 'self'" : "script-src 'none'",
    ]);
    expect(headers["content-security-policy"]).toContain(";frame-ancestors 'none'");
  });

  test("refusals, limits that are reached, and what is no HTTP are told the same", async () => {
    for (const path of reports) expectSafe(path, await ask(server.url, path), "without a key");
    for (const bytes of ["GET / HTTP/1.1\r\nbad header\r\n\r\n", "CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n"]) {
      const [answer] = await sendRaw(server, bytes);
      expectSafe("/", { headers: Object.fromEntries(answer?.headers ?? []) }, bytes);
    }
  });

  test("one address has 100 requests in a minute", async () => {
    const from = "127.0.0.101";
    const me = () => ask(server.url, "/v1/me", { headers: { "X-API-Key": keys.key }, from });
    for (let left = 99; left >= 0; left--) {
      const { status, headers } = await me();
      expect([status, String(headers["ratelimit"]).includes(`"per-ip"; r=${left};`)]).toStrictEqual([200, true]);
      expect(headers["ratelimit-policy"]).toContain('"per-ip"; q=100; w=60');
    }
    const over = await me();
    expect([over.status, JSON.parse(over.text).code]).toStrictEqual([429, "rate_limited"]);
    expectSafe("/v1/me", over, "over the limit");
  });

  test("one key has 120 requests in a minute at one endpoint", async () => {
    const statuses: number[] = [];
    for (let count = 0; count <= 120; count++) {
      const from = `127.0.0.${102 + (count % 2)}`;
      statuses.push((await ask(server.url, "/v1/me", { headers: { "X-API-Key": keys.another }, from })).status);
    }
    expect(statuses).toStrictEqual([...Array.from({ length: 120 }, () => 200), 429]);
  });
});

/** What is asked so that every part of a request holds a sentinel: none may be logged. */
function requestsWith(sentinels: Sentinels, { key, service }: { key: string; service: string }) {
  const text = (place: string) => sentinels.text(place);
  const id = (place: string) => `moja_${text(`${place}, id`)}_${text(place)}${"0".repeat(10)}`;
  const pushes = (headers: Record<string, string>, body: string | Buffer): [string, Asked] => [
    "/v1/ingest",
    { method: "POST", headers: { "X-API-Key": service, "X-Organization-Id": "org_default", ...headers }, body },
  ];
  const json = { "Content-Type": "application/json" };
  const call = { kind: "call", call_log_id: "c", started_at: "2026-05-04T12:00:00.000Z", status: "completed" };
  const headers = Object.fromEntries(
    ["Cookie", "Referer", "User-Agent", "Origin", "X-Forwarded-For", "Forwarded", "Accept", "If-None-Match", "X-Own"]
      .concat(["Proxy-Authorization", "X-Request-Id"])
      .map((name) => [name, `${text(`header ${name}`)} ;`]),
  );
  const asks: [string, Asked][] = [
    ...["/v1/call-logs", "/v1/nothing", "/healthz", "/docs", "/openapi.json", "/v1/exports/call-logs", "/"].map(
      (path): [string, Asked] => [
        `${path}?caller_id=%2B1310${sentinels.digits(`query of ${path}`)}&${text(`name in ${path}`)}=1`,
        { headers: { "X-API-Key": key } },
      ],
    ),
    [`/v1/call-logs%3Fcaller_id=${text("query behind an encoded mark")}`, {}],
    [`/v1/call-logs&caller_id=${text("query behind no mark")}`, {}],
    [`/v1/call-logs/c;caller_id=${text("matrix parameter")}`, {}],
    [`/trpc/callLogs.list?input=${encodeURIComponent(JSON.stringify({ caller_id: [text("input")] }))}`, {}],
    ["/v1/me", { headers: { "X-API-Key": id("wrong key") } }],
    ["/v1/me", { headers: { Authorization: `Bearer ${id("wrong bearer")}` } }],
    ["/v1/me", { headers: { Authorization: `Basic ${Buffer.from(text("basic")).toString("base64")}` } }],
    ["/v1/me", { headers: { "X-API-Key": key, "X-Organization-Id": text("organization") } }],
    ["/v1/me", { headers: { "X-Request-Id": id("key as request id") } }],
    ["/v1/me", { headers: { "X-API-Key": key, ...headers } }],
    [`/${id("key as path")}`, {}],
    [`/v1/call-logs/${id("key in path")}/timeline`, {}],
    [`/v1/call-logs/${id("encoded key in path").replaceAll("_", "%5F")}`, {}],
    ["/v1/me", { method: "DELETE", headers: json, body: text("body of a method that is not taken") }],
    ["/v1/nothing", { method: "POST", headers: json, body: JSON.stringify({ a: text("body to nothing") }) }],
    pushes(json, JSON.stringify({ records: [{ ...call, dialed_number: "+18885550100", reason: text("a record") }] })),
    pushes(json, JSON.stringify({ records: [{ ...call, status: text("a refused record") }] })),
    pushes(json, `{"records":[{"${text("malformed JSON")}"`),
    pushes({ "Content-Type": "application/x-ndjson" }, `{"kind":${text("a malformed line")}\n`),
    pushes({ "Content-Type": `text/${text("content type")}` }, text("body of another type")),
    pushes({ ...json, "Content-Encoding": "gzip" }, text("what is not zipped")),
    pushes({ ...json, "X-API-Key": id("wrong service key") }, JSON.stringify({ a: text("body with a wrong key") })),
    ["/trpc/ingest.push", { method: "POST", headers: json, body: `{"${text("malformed over tRPC")}"` }],
  ];
  return asks;
}

/** What each line of the log may say. */
const lineShape = {
  level: expect.any(Number),
  time: expect.any(Number),
  req: { id: expect.any(String), method: expect.any(String), path: expect.any(String) },
  res: { status: expect.any(Number) },
  responseTime: expect.any(Number),
  msg: expect.any(String),
};

describe.each([
  { ...databases[0], LOG_LEVEL: "info" },
  { ...databases[1], LOG_LEVEL: "debug" },
])("logging on $name at $LOG_LEVEL", ({ create, LOG_LEVEL }) => {
  const sentinels = new Sentinels();
  let fresh: TestDatabase;
  let database: Database;
  let server: Overheard;
  let keys: Awaited<ReturnType<typeof organizationOn>>;
  beforeAll(async () => {
    fresh = await create();
    const url = new URL(fresh.url);
    if (url.password) sentinels.add("the database's password", url.password);
    database = await openDatabase(fresh.url);
    server = await overhear(inject("tests_folder"), { DATABASE_URL: url.href, LOG_LEVEL });
    keys = await organizationOn(database);
    for (const [name, key] of Object.entries(keys)) sentinels.add(`the ${name} key`, key.split("_")[2] ?? "");
  });
  afterAll(async () => {
    await server.kill();
    await database.destroy();
    await fresh[Symbol.asyncDispose]();
  });

  /** Asks, and waits until a request that came last is logged. */
  async function loggedAfter(last: string, asks: [string, Asked][]): Promise<Answer[]> {
    const answers: Answer[] = [];
    for (const [path, each] of asks) answers.push(await ask(server.url, path, each));
    await ask(server.url, "/healthz", { headers: { "X-Request-Id": last } });
    await vi.waitFor(() => expect(server.printed()).toContain(last), 10_000);
    return answers;
  }

  test("each request is one line, and no line holds a part of a query, a header or a body", async () => {
    const asks = requestsWith(sentinels, keys);
    await loggedAfter("last-of-the-good-ones", asks);
    await sendRaw(server, `GET /?${sentinels.text("unread")} HTTP/1.1\r\n${sentinels.text("unread header")}\r\n\r\n`);
    const lines = server
      .printed()
      .split("\n")
      .filter((line) => line.startsWith("{"));
    expect(lines).toHaveLength(asks.length + 1);
    for (const line of lines) expect(JSON.parse(line)).toStrictEqual(lineShape);
    expect(sentinels.foundIn(spelledOut(server.printed()))).toStrictEqual([]);
  });

  test("not even when the database fails, and says with which values", async () => {
    await database.raw("alter table calls rename column started_at to elsewhere");
    const filter = `?caller_id=%2B1310${sentinels.digits("filter at a failure")}`;
    const headers = { "X-API-Key": keys.key };
    const body = { kind: "call", call_log_id: "d", started_at: "2026-05-04T12:00:00.000Z", status: "completed" };
    const written = { ...body, dialed_number: "+18885550100", updated_at: "2026-05-04T12:00:00.000Z" };
    const answers = await loggedAfter("last-of-the-failures", [
      [`/v1/call-logs${filter}`, { headers }],
      [`/v1/summaries/call-logs${filter}`, { headers }],
      [`/v1/exports/call-logs${filter}`, { headers }],
      [`/trpc/callLogs.list?input=${encodeURIComponent(JSON.stringify({ caller_id: ["+13105550142"] }))}`, { headers }],
      [
        "/v1/ingest",
        {
          method: "POST",
          headers: {
            "X-API-Key": keys.service,
            "X-Organization-Id": "org_default",
            "Content-Type": "application/json",
          },
          body: JSON.stringify({ records: [{ ...written, reason: sentinels.text("record at a failure") }] }),
        },
      ],
    ]);
    expect(answers.map(({ status }) => status)).toStrictEqual([500, 500, 500, 500, 500]);
    for (const answer of answers) expectSafe("/", answer, "at a failure");
    expect(server.printed()).toContain("request failed");
    expect(server.printed()).not.toContain("5550142");
    expect(sentinels.foundIn(spelledOut(server.printed()))).toStrictEqual([]);
  });
});

test("a server that cannot start prints no password", { timeout: 60_000 }, async () => {
  const sentinels = new Sentinels();
  const password = sentinels.text("password");
  const urls = [
    `mysql://user:${password}@127.0.0.1/moja`,
    `user:${password}@127.0.0.1/moja`,
    `mysql://127.0.0.1/moja?password=${password}`,
    `postgres://user:${password}@127.0.0.1:1/moja?password=${password}`,
  ];
  const printed = await Promise.all(
    urls.map((DATABASE_URL) =>
      overhear(inject("tests_folder"), { DATABASE_URL }).then(
        () => "It started",
        (error: Error) => error.message,
      ),
    ),
  );
  for (const each of printed) expect(each).toContain("DATABASE_URL");
  expect(sentinels.foundIn(spelledOut(printed.join("\n")))).toStrictEqual([]);
});
