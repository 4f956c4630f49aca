import { describe, expect, test } from "vitest";
import { exchange } from "../support/exchange.ts";
import { startHarness } from "../support/harness.ts";
import { sendRaw } from "../support/raw-http.ts";

/** Every document that is served. */
const paths = [
  "/openapi.json",
  "/postman.json",
  "/llms.txt",
  "/docs",
  "/docs/errors",
  "/docs/reasons",
  "/docs/getting-started.md",
  "/docs/reference.md",
  "/docs/assets/document.json",
  "/docs/assets/start.js",
  "/docs/assets/standalone.js",
];

/** Asks and reads the bytes as they came, which `fetch` would unpack. */
async function ask(api: { url: string }, path: string, lines: string[] = []) {
  const host = lines.some((line) => line.startsWith("Host:")) ? [] : ["Host: 127.0.0.1:3000"];
  const [answer] = await sendRaw(
    api,
    `${[`GET ${path} HTTP/1.1`, ...host, "Connection: close", ...lines].join("\r\n")}\r\n\r\n`,
  );
  if (!answer) throw new Error(`No answer of ${path}`);
  return answer;
}

const fetched = (api: { url: string }, path: string, headers: Record<string, string>) =>
  exchange(api, { path, headers: { "Accept-Encoding": "identity", ...headers } });

/** An answer's bytes as they came are compressed: `fetch` unpacks them. */
const unpacked = async (api: { url: string }, path: string, encoding: string) =>
  (await fetch(api.url + path, { headers: { "Accept-Encoding": encoding } })).text();

describe("every document", () => {
  test.each(paths)("%s is the same compressed, is not sent to who has it, and may be kept", async (path) => {
    await using api = await startHarness();
    const plain = await unpacked(api, path, "identity");
    for (const encoding of ["identity", "gzip", "br"]) {
      expect((await unpacked(api, path, encoding)) === plain, encoding).toBe(true);
      const { status, headers } = await fetched(api, path, { "Accept-Encoding": encoding });
      expect([status, headers["content-encoding"] ?? "identity"]).toStrictEqual([200, encoding]);
      expect(headers["vary"]).toContain("Accept-Encoding");
      expect(headers["cache-control"]).toMatch(/^public, max-age=\d+/);
      const etag = headers["etag"] ?? "none";
      const again = await fetched(api, path, { "Accept-Encoding": encoding, "If-None-Match": etag });
      expect([again.status, again.text, again.headers["etag"]]).toStrictEqual([304, "", etag]);
    }
    const both = await fetched(api, path, { "Accept-Encoding": "gzip, deflate, br" });
    expect(both.headers["content-encoding"]).toBe("br");
  });

  test.each(paths)("%s counts towards the limit of an address, which the operations do not share", async (path) => {
    await using api = await startHarness(undefined, { RATE_LIMIT_PER_IP: "2" });
    const statuses = [];
    for (let asked = 0; asked < 3; asked++) statuses.push(await fetched(api, path, {}));
    expect(statuses.map(({ status }) => status)).toStrictEqual([200, 200, 429]);
    const refused = statuses[2];
    expect(Number(refused?.headers["retry-after"])).toBeGreaterThan(0);
    expect(Number(refused?.headers["retry-after"])).toBeLessThanOrEqual(60);
    expect(JSON.parse(refused?.text ?? "")).toMatchObject({ code: "rate_limited" });
    expect((await fetched(api, "/v1/me", { "X-API-Key": api.key })).status).toBe(200);
    expect((await fetched(api, "/readyz", {})).status).toBe(200);
  });

  test.each(paths)("%s costs next to nothing from the second time on", async (path) => {
    await using api = await startHarness();
    for (const encoding of ["identity", "gzip", "br"]) {
      await fetched(api, path, { "Accept-Encoding": encoding });
      const start = process.cpuUsage();
      for (let asked = 0; asked < 20; asked++)
        await fetched(api, path, { "Accept-Encoding": encoding, "If-None-Match": '"other"' });
      const { user, system } = process.cpuUsage(start);
      // Both ends are in this process: the client unpacks what the server sends.
      expect((user + system) / 20_000, encoding).toBeLessThan(path.endsWith("standalone.js") ? 200 : 25);
    }
  });

  test.each(paths)("%s prints the public URL, never what a caller says to be the host", async (path) => {
    const attacker = "attacker.example";
    await using published = await startHarness(undefined, { PUBLIC_URL: "https://reports.example", TRUST_PROXY: "1" });
    await using unpublished = await startHarness(undefined, { TRUST_PROXY: "1" });
    const forwarded = [`X-Forwarded-Host: ${attacker}`, `Forwarded: host=${attacker}`];
    const { text } = await ask(published, path, [...forwarded, `Host: ${attacker}`]);
    expect(text).not.toContain(attacker);
    expect((await ask(unpublished, path, [...forwarded, "Host: here.example"])).text).not.toContain(attacker);
    if (/postman|llms|getting-started|document/.test(path)) {
      expect(text).toContain("https://reports.example");
      expect((await ask(unpublished, path, ["Host: here.example"])).text).toContain("http://here.example");
    }
  });

  test("is kept for a few hosts only, whatever hosts callers make up", async () => {
    await using api = await startHarness();
    for (let host = 0; host < 20; host++)
      expect((await ask(api, "/llms.txt", [`Host: host-${host}.example`])).text).toContain(
        `http://host-${host}.example`,
      );
  });
});
