import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createKey } from "@moja/store";
import type { Browser } from "playwright-core";
import { build, type Rolldown } from "vite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasBrowser, launchBrowser } from "../support/browser.ts";
import { startHarness, type Harness } from "../support/harness.ts";

/** An app of another origin: the client bundled for browsers, on an empty page. */
const app = `
import { createClient } from "@moja/client";
globalThis.ask = async ({ url, key, organization_id, service, record }) => {
  const moja = createClient({ url, key });
  const calls = [];
  for await (const call of moja.callLogs.all({ from: "2026-05-04", to: "2026-05-05" })) calls.push(call.call_log_id);
  const refused = await moja.callLogs.get({ call_log_id: "nobody" }).catch(({ name, code, status, request_id }) => ({ name, code, status, request_id }));
  const pushed = [];
  for await (const { receipt } of createClient({ url, key: service, organization_id }).ingest.pushAll([record])) pushed.push(receipt.refused);
  return { calls, refused, pushed };
};`;

describe.runIf(hasBrowser("the client in a browser"))("the client in a browser, from another origin", () => {
  let api: Harness;
  let page: Server;
  let browser: Browser;
  let origin: string;
  beforeAll(async () => {
    const bundled = (await build({
      configFile: false,
      logLevel: "silent",
      resolve: { conditions: ["moja-source"] },
      plugins: [
        {
          name: "app",
          resolveId: (id) => (id === "app" ? "\0app" : null),
          load: (id) => (id === "\0app" ? app : null),
        },
      ],
      build: { write: false, minify: false, rollupOptions: { input: "app", output: { format: "iife" } } },
    })) as Rolldown.RolldownOutput;
    const html = `<!doctype html><title>App</title><script>${bundled.output[0].code}</script>`;
    page = createServer((_request, response) => response.setHeader("Content-Type", "text/html").end(html)).listen(
      0,
      "127.0.0.1",
    );
    await once(page, "listening");
    origin = `http://127.0.0.1:${(page.address() as AddressInfo).port}`;
    api = await startHarness(undefined, { CORS_ORIGINS: `https://other.example,${origin}` });
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser.close();
    page.close();
    await api[Symbol.asyncDispose]();
  });

  test("lists, throws typed errors and pushes, where its origin is allowed", async () => {
    const service = await createKey(api.database, { organization_id: null, name: "app", scopes: ["ingest:write"] });
    const tab = await browser.newPage();
    await tab.goto(origin);
    const asked = { url: api.url, key: api.key, organization_id: "org_1", service, record: { kind: "call" } };
    expect(
      await tab.evaluate(
        (given) => (globalThis as unknown as { ask: (given: object) => Promise<unknown> }).ask(given),
        asked,
      ),
    ).toMatchObject({
      calls: ["call_7q2m4xk1"],
      refused: {
        name: "MojaError",
        code: "not_found",
        status: 404,
        request_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      },
      pushed: [[{ index: 0, code: "invalid_record" }]],
    });
  });

  test("is not answered to pages of other origins, and OPTIONS still names the methods", async () => {
    const preflight = (from: string) =>
      fetch(`${api.url}/v1/me`, {
        method: "OPTIONS",
        headers: {
          Origin: from,
          "Access-Control-Request-Method": "GET",
          "Access-Control-Request-Headers": "x-api-key",
        },
      });
    expect((await preflight(origin)).headers.get("access-control-allow-origin")).toBe(origin);
    expect((await preflight("https://stranger.example")).headers.get("access-control-allow-origin")).toBeNull();
    expect((await fetch(`${api.url}/v1/me`, { method: "OPTIONS" })).headers.get("allow")).toBe("GET, HEAD, OPTIONS");
  });
});
