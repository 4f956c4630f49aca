import { connect } from "@moja/store";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createApp } from "../../apps/api/src/app.ts";
import { readSettings } from "../../apps/api/src/config.ts";
import { exchange } from "../support/exchange.ts";
import { startHarness, type Harness } from "../support/harness.ts";

type Layer = { route?: { path: string }; slash: boolean; handle: { stack?: Layer[] } };

/** Every path that an app routes, also inside of its routers. */
function pathsOf(stack: Layer[]): string[] {
  return stack.flatMap(({ route, slash, handle }) => {
    if (route) return [route.path];
    if (!handle.stack) return [];
    // Express keeps no text of the prefix at which a router is mounted.
    if (!slash) throw new Error("A router is mounted below a path: give its routes their whole paths");
    return pathsOf(handle.stack);
  });
}

/** The paths of the app that need no key, read off its router. */
async function unauthenticatedPaths(): Promise<string[]> {
  const database = connect("postgres://nobody@127.0.0.1:1/nothing");
  const app = createApp({ database, settings: readSettings({}), logger: pino({ level: "silent" }) });
  await database.destroy();
  const { stack } = app.router as unknown as { stack: Layer[] };
  return pathsOf(stack).filter((path) => !/^\/(v1|trpc)\//.test(path));
}

/** What each of them is, by hand: its type, what it holds, and which scripts its page may run. */
const routes: Record<string, { type: string; holds: RegExp; scripts?: "'self'" | "'none'" }> = {
  "/": { type: "application/json", holds: /"documentation":"\/docs"/ },
  "/livez": { type: "application/json", holds: /^\{"status":"ok"\}$/ },
  "/readyz": { type: "application/json", holds: /^\{"status":"ok","writable":true\}$/ },
  "/healthz": { type: "application/json", holds: /^\{"status":"ok","writable":true\}$/ },
  "/openapi.json": { type: "application/json", holds: /^\{"openapi":"3\.1\./ },
  "/postman.json": { type: "application/json", holds: /"schema":"https:\/\/schema\.getpostman\.com\// },
  "/llms.txt": { type: "text/plain", holds: /^# Moja Reporting API\n/ },
  "/docs": { type: "text/html", holds: /^<!doctype html>/, scripts: "'self'" },
  "/docs/errors": { type: "text/html", holds: /^<!doctype html>/, scripts: "'none'" },
  "/docs/reasons": { type: "text/html", holds: /^<!doctype html>/, scripts: "'none'" },
  "/docs/getting-started.md": { type: "text/markdown", holds: /^# / },
  "/docs/reference.md": { type: "text/markdown", holds: /^# Moja Reporting API\n/ },
  "/docs/assets/document.json": { type: "application/json", holds: /^\{"openapi":"3\.1\./ },
  "/docs/assets/start.js": { type: "text/javascript", holds: /^Scalar\.createApiReference\(/ },
  "/docs/assets/standalone.js": { type: "text/javascript", holds: /./ },
};

/** What caches are told, besides what holds for documents: the page asks for its script by version. */
const caching: Record<string, string | undefined> = {
  "/docs/assets/standalone.js": "public, max-age=31536000, immutable",
  "/livez": "no-store",
  "/readyz": "no-store",
  "/healthz": "no-store",
  "/": undefined,
};

describe("every route that needs no key", () => {
  let api: Harness;
  beforeAll(
    async () => void (api = await startHarness(undefined, { RATE_LIMIT_PER_IP: "200", RATE_LIMIT_PER_ENDPOINT: "1" })),
  );
  afterAll(() => api[Symbol.asyncDispose]());

  test("is known here: whatever else the app serves needs a key", async () => {
    expect((await unauthenticatedPaths()).sort()).toStrictEqual(Object.keys(routes).sort());
  });

  test.each(Object.entries(routes))(
    "%s answers GET, says nothing of limits and asks for no key",
    async (path, said) => {
      const { status, headers, text } = await exchange(api, { path });
      expect([status, headers["content-type"]]).toStrictEqual([
        200,
        expect.stringMatching(`^${said.type}; charset=utf-8$`),
      ]);
      expect(text).toMatch(said.holds);
      expect(Object.keys(headers).filter((name) => name.startsWith("ratelimit"))).toStrictEqual([]);
      expect(headers).not.toHaveProperty("www-authenticate");
      expect(headers["cache-control"]).toBe(path in caching ? caching[path] : "public, max-age=300");
      if (said.scripts) expect(headers["content-security-policy"]).toContain(`script-src ${said.scripts};`);
      else expect(headers["x-content-type-options"]).toBe("nosniff");
    },
  );

  test.each(Object.keys(routes))("%s answers HEAD like GET, without a body", async (path) => {
    const headersOf = async (method: string) => {
      const { status, headers, text } = await exchange(api, { path, method });
      const { date: _, "x-request-id": __, ...same } = headers;
      return { status, same, text };
    };
    const { text, ...get } = await headersOf("GET");
    expect(text).not.toBe("");
    expect(await headersOf("HEAD")).toStrictEqual({ ...get, text: "" });
  });

  test.each(Object.keys(routes))("%s lists its methods in OPTIONS, and refuses every other one", async (path) => {
    const options = await exchange(api, { path, method: "OPTIONS" });
    expect([options.status, options.headers["allow"], options.text]).toStrictEqual([204, "GET, HEAD, OPTIONS", ""]);
    for (const method of ["POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"]) {
      const { status, headers, text } = await exchange(api, { path, method });
      expect([status, headers["allow"], headers["content-type"], headers["cache-control"]], method).toStrictEqual([
        405,
        "GET, HEAD, OPTIONS",
        "application/problem+json",
        "no-store",
      ]);
      expect(JSON.parse(text)).toMatchObject({
        code: "method_not_allowed",
        request_id: headers["x-request-id"],
        detail: `${path} takes GET or HEAD, not ${method}.`,
      });
    }
  });

  test("/ leads a browser to the documentation, and a program to its addresses, all of which are answered", async () => {
    const Accept = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    const browser = await exchange(api, { path: "/", headers: { Accept } });
    expect([browser.status, browser.headers["location"]]).toStrictEqual([302, "/docs"]);
    for (const headers of [{}, { Accept: "*/*" }, { Accept: "application/json" }] as Record<string, string>[]) {
      const { name, ...addresses } = JSON.parse((await exchange(api, { path: "/", headers })).text);
      expect(name).toBe("Moja Reporting API");
      for (const path of Object.values(addresses))
        expect((await exchange(api, { path: String(path) })).status).toBe(200);
    }
  });

  test("what is beside them is refused as a problem, by every method", async () => {
    for (const path of ["/docs/nothing", "/healthz/x", "/favicon.ico", "/v2/call-logs", "/openapi.yaml"])
      for (const method of ["GET", "HEAD", "OPTIONS", "POST", "DELETE"]) {
        const { status, headers, text } = await exchange(api, { path, method });
        expect([status, headers["content-type"], headers["cache-control"]], `${method} ${path}`).toStrictEqual([
          404,
          "application/problem+json",
          "no-store",
        ]);
        expect(method === "HEAD" ? text : JSON.parse(text).code).toBe(method === "HEAD" ? "" : "not_found");
      }
  });
});
