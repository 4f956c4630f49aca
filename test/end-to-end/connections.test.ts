import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout } from "node:timers/promises";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { exportOperations } from "../support/download.ts";
import { ingestOrFail, serveOn, startHarness, type Harness } from "../support/harness.ts";
import { lists, pathFor, procedures } from "../support/http.ts";
import { recordFor } from "../support/record-factory.ts";

/** An answer to bytes that were sent as they are, on a connection that is read until it is closed. */
type Answer = { status: number; headers: Record<string, string>; body: Buffer };

async function send({ url }: { url: string }, head: string[]): Promise<Answer> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  socket.write(`${head.join("\r\n")}\r\n\r\n`);
  await once(socket, "close");
  const bytes = Buffer.concat(chunks);
  const end = bytes.indexOf("\r\n\r\n");
  const [first = "", ...lines] = bytes.subarray(0, end).toString().split("\r\n");
  const headers = Object.fromEntries(lines.map((line) => line.toLowerCase().split(/: (.*)/s, 2)));
  return { status: Number(first.split(" ")[1]), headers, body: bytes.subarray(end + 4) };
}

describe("over HTTP/1.0, as proxies ask by default", () => {
  let api: Harness;
  beforeAll(async () => void (api = await startHarness()));
  afterAll(() => api[Symbol.asyncDispose]());

  const ask = (path: string, method = "GET") =>
    send(api, [`${method} ${path} HTTP/1.0`, "Host: x", `X-API-Key: ${api.key}`, "Accept-Encoding: gzip"]);

  test.each(exportOperations)(
    "the file of $name is refused, because one that is cut would look whole",
    async ({ contract }) => {
      for (const format of ["csv", "ndjson"]) {
        const { status, headers, body } = await ask(`${contract.path}?format=${format}`);
        expect([status, headers["upgrade"], headers["content-type"]]).toStrictEqual([
          426,
          "http/1.1",
          "application/problem+json",
        ]);
        expect((await ask(`${contract.path}?format=${format}`, "HEAD")).status).toBe(426);
        expect(JSON.parse(body.toString())).toMatchObject({
          status: 426,
          code: "invalid_request",
          detail: expect.stringMatching(/HTTP\/1\.1.*proxy.*proxy_http_version 1\.1/),
          request_id: headers["x-request-id"],
        });
      }
    },
  );

  test.each(procedures)("$name is answered with its length, by which a cut shows", async ({ contract }) => {
    const { status, headers, body } = await ask(pathFor(contract, contract.example.input));
    expect([status, Number(headers["content-length"]), headers["content-encoding"]]).toStrictEqual([
      200,
      body.length,
      undefined,
    ]);
    expect(Object.keys(JSON.parse(body.toString())).sort()).toStrictEqual(Object.keys(contract.example.output).sort());
  });

  test("a refusal is answered with its length", async () => {
    for (const path of ["/v1/nothing", "/v1/call-logs?limit=0", "/v1/call-logs/nobody", "/nothing"]) {
      const { status, headers, body } = await ask(path);
      expect([status >= 400, headers["content-type"]], path).toStrictEqual([true, "application/problem+json"]);
      expect(Number(headers["content-length"]), path).toBe(body.length);
    }
  });

  test.each(exportOperations)("the size of $name, and its headers, are answered", async ({ contract }) => {
    const size = await ask(`${contract.path}?estimate=true`);
    expect(Number(size.headers["content-length"])).toBe(size.body.length);
    expect([size.status, Object.keys(JSON.parse(size.body.toString()))]).toStrictEqual([
      200,
      ["rows", "bytes_estimated"],
    ]);
  });
});

describe("compression", () => {
  let api: Harness;
  beforeAll(async () => {
    api = await startHarness();
    const noon = Date.parse("2026-05-05T12:00:00.000Z");
    const tenant = await api.tenant();
    await ingestOrFail(
      tenant,
      lists.flatMap(({ name, contract }) =>
        Array.from({ length: 30 }, (_, index) => recordFor(contract, `${name}_${index}`, noon + index)),
      ),
    );
    api.key = tenant.key;
  });
  afterAll(() => api[Symbol.asyncDispose]());

  const ask = (path: string, encoding: string | undefined, method = "GET") =>
    send(api, [
      `${method} ${path} HTTP/1.1`,
      "Host: x",
      "Connection: close",
      `X-API-Key: ${api.key}`,
      ...(encoding === undefined ? [] : [`Accept-Encoding: ${encoding}`]),
    ]);
  const window = "from=2026-05-05&to=2026-05-06";
  const large = [
    ...lists.map(({ contract }) => `${contract.path}?${window}`),
    ...lists.map(({ name }) => `/trpc/${name}?input=${encodeURIComponent('{"from":"2026-05-05","to":"2026-05-06"}')}`),
    ...exportOperations.map(({ contract }) => `${contract.path}?format=ndjson&${window}`),
    "/openapi.json",
    "/postman.json",
    "/docs/reference.md",
    "/docs/assets/document.json",
  ];

  test.each(large)("of %s is what is asked for, and the same bytes underneath", async (path) => {
    const plain = await ask(path, undefined);
    expect([plain.status, plain.headers["content-encoding"]]).toStrictEqual([200, undefined]);
    const text = bodyOf(plain).toString();
    expect(text.length).toBeGreaterThan(1024);
    for (const [accepted, encoding, unpack] of [
      ["gzip", "gzip", gunzipSync],
      ["gzip, deflate, br, zstd", "br", brotliDecompressSync],
      ["identity", undefined, (bytes: Buffer) => bytes],
      ["gzip;q=0", undefined, (bytes: Buffer) => bytes],
    ] as const) {
      const answer = await ask(path, accepted);
      expect([answer.status, answer.headers["content-encoding"]], accepted).toStrictEqual([200, encoding]);
      expect(answer.headers["vary"]?.toLowerCase(), accepted).toContain("accept-encoding");
      if (encoding) expect(bodyOf(answer).length, accepted).toBeLessThan(text.length / 2);
      expect(withoutChance(unpack(bodyOf(answer)).toString()), accepted).toBe(withoutChance(text));
    }
  });

  test("is not worth it below 1 KiB", async () => {
    const { headers, body } = await ask("/v1/me", "gzip");
    expect([headers["content-encoding"], Number(headers["content-length"])]).toStrictEqual([undefined, body.length]);
  });
});

/** What differs between two answers to the same request. */
const withoutChance = (text: string) => text.replaceAll(/"next_cursor":"[^"]*"/g, "");

/** The body without the frames of its chunks. */
function bodyOf({ headers, body }: Answer): Buffer {
  if (headers["transfer-encoding"] !== "chunked") return body;
  const parts: Buffer[] = [];
  for (let at = 0; ;) {
    const end = body.indexOf("\r\n", at);
    const length = Number.parseInt(body.subarray(at, end).toString(), 16);
    if (!(length > 0)) return Buffer.concat(parts);
    parts.push(body.subarray(end + 2, end + 2 + length));
    at = end + 2 + length + 2;
  }
}

describe("an idle connection", () => {
  test("is kept for as long as the setting says, and no shorter", async () => {
    await using api = await startHarness();
    const { url, close } = await serveOn(api.database, { KEEP_ALIVE_TIMEOUT_MS: "2000" });
    const socket = connect(Number(new URL(url).port), "127.0.0.1");
    const closed = once(socket, "close").then(() => performance.now());
    const ask = async () => {
      socket.write("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
      return String((await once(socket, "data"))[0]);
    };
    expect(await ask()).toMatch(/^HTTP\/1\.1 200[^]*Keep-Alive: timeout=2\r\n/);
    await setTimeout(1500);
    expect(await ask()).toMatch(/^HTTP\/1\.1 200/);
    const asked = performance.now();
    expect((await closed) - asked).toBeGreaterThan(1900);
    close();
  });

  test("is kept longer than load balancers keep theirs, unless a setting says otherwise", async () => {
    await using api = await startHarness();
    const { headers } = await fetch(`${api.url}/healthz`);
    expect(headers.get("keep-alive")).toBe("timeout=75");
  });

  test("is closed where its request does not arrive in time; between requests it is kept", async () => {
    await using api = await startHarness();
    const { url, close } = await serveOn(api.database, {}, { headersMs: 1000, requestMs: 2000 });
    const open = (text: string) => {
      const socket = connect(Number(new URL(url).port), "127.0.0.1");
      socket.on("error", () => undefined).resume();
      socket.write(text);
      return { socket, closed: once(socket, "close").then(() => "closed") };
    };
    const ask = "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n";
    const idle = open(ask);
    const body = open(`POST /v1/ingest HTTP/1.1\r\nHost: x\r\nX-API-Key: ${api.key}\r\nContent-Length: 9\r\n\r\n`);
    const dripping = setInterval(() => body.socket.write("x"), 1000);
    const others = [open(""), open("GET / HT"), open("GET / HTTP/1.1\r\nHost: x\r\n")];
    expect(await Promise.all([...others, body].map(({ closed }) => closed))).toStrictEqual(Array(4).fill("closed"));
    clearInterval(dripping);
    idle.socket.write(ask);
    const answer = once(idle.socket, "data").then(([bytes]) => String(bytes).split("\r\n", 1)[0]);
    expect(await Promise.race([idle.closed, answer])).toBe("HTTP/1.1 200 OK");
    idle.socket.destroy();
    close();
  });
});
