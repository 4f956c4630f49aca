import { connect } from "node:net";
import { setTimeout } from "node:timers/promises";
import { brotliCompressSync, constants, deflateSync, gzipSync } from "node:zlib";
import { exampleRecords } from "@moja/contracts";
import { createKey } from "@moja/store";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { databases } from "../support/databases.ts";
import { exchange } from "../support/exchange.ts";
import { startHarness, type Harness, type Tenant } from "../support/harness.ts";
import { procedures } from "../support/http.ts";

/** Every address that takes a body: REST takes records, tRPC also the input of each query. */
const addresses = ["/v1/ingest", "/trpc/ingest.push", ...procedures.map(({ name }) => `/trpc/${name}`)];

/** JSON of 16 MiB that costs a parser as much as any, of which a few kilobytes go over the wire. */
const bomb = Buffer.from(`{"records":[${"[],".repeat(5_500_000)}[]]}`);

describe.each(databases)("a request on $name whose body nobody may send", ({ create }) => {
  let api: Harness;
  let keys: { what: string; key: string | undefined; status: number; organization?: string; only?: RegExp }[];
  let starter: Tenant;
  beforeAll(async () => {
    api = await startHarness(create);
    starter = await api.tenant({ plan: "starter" });
    const service = await createKey(api.database, { organization_id: null, name: "s", scopes: ["ingest:write"] });
    const expired = await api.tenant({ expires_at: 1 });
    keys = [
      { what: "no key", key: undefined, status: 401 },
      { what: "an unknown key", key: `${api.key.slice(0, -1)}x`, status: 401 },
      { what: "an expired key", key: expired.key, status: 401 },
      { what: "a service key without an organization", key: service, status: 400 },
      { what: "a service key with an unknown one", key: service, organization: "org_nobody", status: 400 },
      { what: "a partner's key, for records", key: api.key, status: 403, only: /ingest/ },
      { what: "a plan without reporting", key: starter.key, status: 403, only: /trpc\/(?!me|ingest)/ },
    ];
  });
  afterAll(() => api[Symbol.asyncDispose]());

  /** What is answered to the headers of a request, of whose body nothing is sent. */
  async function answerWithoutBody(path: string, headers: Record<string, string>): Promise<string> {
    const socket = connect(Number(new URL(api.url).port), "127.0.0.1");
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.write(`POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n${lines.join("")}\r\n`);
    let text = "";
    socket.on("data", (chunk) => (text += String(chunk)));
    for (let waited = 0; waited < 2000 && !/\r\n\r\n./s.test(text); waited += 10) await setTimeout(10);
    socket.destroy();
    return text.split("\r\n", 1)[0] ?? "";
  }

  test.each(addresses)("is answered by %s before a byte of the body is there, and asks for none", async (path) => {
    for (const { what, key, status, organization, only } of keys) {
      if (only && !only.test(path)) continue;
      const headers = {
        "Content-Type": "application/json",
        ...(key !== undefined && { "X-API-Key": key }),
        ...(organization !== undefined && { "X-Organization-Id": organization }),
      };
      for (const expected of [[], [["Expect", "100-continue"]]])
        expect(await answerWithoutBody(path, { ...headers, ...Object.fromEntries(expected) }), what).toMatch(
          `HTTP/1.1 ${status} `,
        );
    }
  });

  test("of a type that is not taken is answered before the body is there", async () => {
    const key = await createKey(api.database, { organization_id: null, name: "s", scopes: ["ingest:write"] });
    const headers = { "X-API-Key": key, "X-Organization-Id": "org_1", "Content-Type": "text/csv" };
    for (const path of ["/v1/ingest", "/trpc/ingest.push"])
      expect(await answerWithoutBody(path, headers)).toMatch("HTTP/1.1 415 ");
  });

  test("costs nothing however much its body unpacks to", async () => {
    const zipped = gzipSync(bomb);
    const headers = { "Content-Type": "application/json", "Content-Encoding": "gzip" };
    const before = process.resourceUsage().userCPUTime;
    for (let sent = 0; sent < 20; sent++) {
      const { status } = await exchange(api, { path: "/v1/ingest", method: "POST", headers, body: zipped });
      expect(status).toBe(401);
    }
    expect((process.resourceUsage().userCPUTime - before) / 1000).toBeLessThan(2000);
  });
});

describe("a body", () => {
  let api: Harness;
  let headers: Record<string, string>;
  beforeAll(async () => {
    api = await startHarness();
    const key = await createKey(api.database, { organization_id: null, name: "s", scopes: ["ingest:write"] });
    headers = { "X-API-Key": key, "X-Organization-Id": "org_1", "Content-Type": "application/json" };
  });
  afterAll(() => api[Symbol.asyncDispose]());

  const push = (body: Buffer, more: Record<string, string>) =>
    exchange(api, { path: "/v1/ingest", method: "POST", headers: { ...headers, ...more }, body });

  test("is asked for where its sender waits for that, once it is authorized", async () => {
    const { status } = await push(Buffer.from(JSON.stringify({ records: exampleRecords })), {
      Expect: "100-continue",
    });
    expect(status).toBe(200);
  });

  test.each([
    { what: "gzip that is none", bytes: Buffer.from("{}") },
    { what: "gzip that is cut off", bytes: gzipSync('{"records":[]}').subarray(0, 20) },
  ])("of $what is refused", async ({ bytes }) => {
    const { status, text } = await push(bytes, { "Content-Encoding": "gzip" });
    expect([status, JSON.parse(text).code]).toStrictEqual([400, "invalid_request"]);
  });

  test.each([
    { encoding: "gzip", pack: gzipSync },
    { encoding: "deflate", pack: deflateSync },
    {
      encoding: "br",
      pack: (bytes: Buffer) => brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } }),
    },
  ])("of $encoding stops being unpacked at the limit", async ({ encoding, pack }) => {
    const packed = pack(Buffer.alloc(256 * 1024 * 1024, " "));
    const before = process.memoryUsage.rss();
    const { status, text } = await push(packed, { "Content-Encoding": encoding });
    expect([status, JSON.parse(text).code]).toStrictEqual([413, "payload_too_large"]);
    expect((process.memoryUsage.rss() - before) / 1024 / 1024).toBeLessThan(150);
  });

  test("of a query takes a mebibyte at most, whatever it may hold for records", async () => {
    const { status, text } = await exchange(api, {
      path: "/trpc/callLogs.list",
      method: "POST",
      headers: { "X-API-Key": api.key, "Content-Type": "application/json" },
      body: `[${"[],".repeat(400_000)}[]]`,
    });
    expect([status, JSON.parse(text).error.message]).toStrictEqual([
      413,
      "A query takes at most 1 MiB. Ask for fewer values in each.",
    ]);
  });

  test("waits in nobody's memory: what all of them hold is bounded, and given back", async () => {
    const body = Buffer.alloc(15 * 1024 * 1024, " ");
    const open = Array.from({ length: 24 }, () => {
      const socket = connect(Number(new URL(api.url).port), "127.0.0.1");
      const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
      socket.write(
        `POST /v1/ingest HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length + 1}\r\n${lines.join("")}\r\n`,
      );
      socket.write(body);
      let text = "";
      socket.on("data", (chunk) => (text += String(chunk)));
      socket.on("error", () => undefined);
      return { socket, status: () => text.slice(9, 12) };
    });
    const refused = () => open.filter(({ status }) => status() === "503").length;
    for (let waited = 0; waited < 10_000 && refused() < 7; waited += 50) await setTimeout(50);
    expect(refused()).toBeGreaterThanOrEqual(7);
    for (const { socket } of open) socket.destroy();
    await setTimeout(200);
    const records = Buffer.from(JSON.stringify({ records: exampleRecords }));
    for (let sent = 0; sent < 20; sent++) expect((await push(records, {})).status).toBe(200);
  });
});
