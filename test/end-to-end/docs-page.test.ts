import { join } from "node:path";
import { errorCatalog, reasons } from "@moja/contracts";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasBrowser, launchBrowser } from "../support/browser.ts";
import { startHarness, type Harness } from "../support/harness.ts";
import { document } from "../support/openapi-document.ts";

describe.runIf(hasBrowser("the documentation page"))(
  "the documentation page, in a browser without a network",
  { timeout: 120_000 },
  () => {
    let api: Harness;
    let browser: Browser;
    beforeAll(async () => {
      api = await startHarness();
      browser = await launchBrowser();
    });
    afterAll(async () => {
      await browser.close();
      await api[Symbol.asyncDispose]();
    });

    /** The page, at a width; what it asked of other hosts and complained of is noted. */
    async function opened(path: string, width: number) {
      const page = await browser.newPage({ viewport: { width, height: 900 } });
      const foreign: string[] = [];
      const complaints: string[] = [];
      await page.route("**/*", (route) => {
        const url = route.request().url();
        if (url.startsWith(`${api.url}/`) || url.startsWith("data:") || url.startsWith("blob:"))
          return route.continue();
        foreign.push(url);
        return route.abort();
      });
      page.on("console", (message) => ["error", "warning"].includes(message.type()) && complaints.push(message.text()));
      page.on("pageerror", (error) => complaints.push(error.message));
      await page.goto(api.url + path);
      return { page, foreign, complaints };
    }

    type Opened = Awaited<ReturnType<typeof opened>>;
    /** Pages of the reference that a test has left as they were: to draw one takes seconds. */
    const idle = new Map<number, Opened>();

    /** The reference at a width and a place; its notes are of all tests that had the page. */
    async function reference(hash: string, width: number): Promise<Opened> {
      const found = idle.get(width);
      if (!found) return opened(`/docs${hash}`, width);
      // A test that fails does not leave its page to the next one.
      idle.delete(width);
      // Without a hash, the address would load the page again.
      if (hash !== "") await found.page.goto(`${api.url}/docs${hash}`);
      return found;
    }

    /** Moves the focus until it is on what has that name. */
    async function tabTo(page: Page, name: RegExp, key: "Tab" | "Shift+Tab" = "Tab") {
      const focused: string[] = [];
      while (focused.length < 100 && !name.test(focused.at(-1) ?? "")) {
        await page.keyboard.press(key);
        focused.push(
          await page.evaluate(
            "(({ ariaLabel, placeholder, innerText }) => ariaLabel || placeholder || innerText.trim().replace(/\\s+/g, ' '))(document.activeElement)",
          ),
        );
      }
      expect(focused.at(-1), focused.join(" · ")).toMatch(name);
    }

    async function pictured(page: Page, name: string) {
      const folder = process.env["SCREENSHOTS"];
      if (folder) await page.screenshot({ path: join(folder, `${name}.png`), animations: "disabled" });
    }

    test.each([1280, 390])(
      "lists every resource at %i pixels, asks no other host, and has nothing to complain of",
      async (width) => {
        const shared = await reference("", width);
        const { page, foreign, complaints } = shared;
        await page.getByRole("heading", { name: "Moja Reporting API" }).first().waitFor();
        await page.waitForLoadState("networkidle");
        await pictured(page, `docs-${width}`);
        expect(
          await page
            .locator("a[href^=http]:visible")
            .evaluateAll((links) => links.map((link) => link.getAttribute("href"))),
        ).toStrictEqual([]);
        for (const { name } of document.tags)
          expect(await page.getByText(name, { exact: true }).count(), name).toBeGreaterThan(0);
        expect(await page.evaluate("document.body.innerText")).not.toMatch(/scalar|powered by|\bAI\b|\bMCP\b/i);
        expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(width);
        expect({ foreign, complaints }).toStrictEqual({ foreign: [], complaints: [] });
        idle.set(width, shared);
      },
    );

    const timeline = "/v1/call-logs/{call_log_id}/timeline";
    test.each([
      { width: 1280, operation: "access/GET/v1/me", asked: "/v1/me", shown: "org_1" },
      { width: 390, operation: "access/GET/v1/me", asked: "/v1/me", shown: "org_1" },
      {
        width: 1280,
        operation: `call-log/GET${timeline}`,
        asked: "/v1/call-logs/call_7q2m4xk1/timeline",
        shown: '"connected_at"',
      },
      { width: 1280, operation: "call-log/GET/v1/call-logs", asked: "/v1/call-logs", shown: '"applied"' },
    ])(
      "its try-it of $operation at $width pixels asks for $asked, with a key and nothing that was not chosen",
      async ({ width, operation, asked, shown }) => {
        const shared = await reference(`#tag/${operation}`, width);
        const { page, foreign, complaints } = shared;
        await page.getByPlaceholder("QUxMIFlPVVIgQkFTRSBBUkUgQkVMT05HIFRPIFVT").first().fill(api.key);
        const path = operation.slice(operation.indexOf("/v1"));
        await page.getByRole("button", { name: `Test Request (get ${path})`, exact: true }).click();
        const answered = page.waitForResponse((response) => response.url().startsWith(`${api.url}/v1/`));
        await page.getByRole("button", { name: /^Send/ }).first().click();
        const answer = await answered;
        expect([answer.status(), answer.url()]).toStrictEqual([200, api.url + asked]);
        await page.getByRole("dialog").getByText(shown).first().waitFor();
        await pictured(page, `docs-try-it-${operation.replaceAll(/\W+/g, "-")}-${width}`);
        expect(
          await page.evaluate("JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])"),
          "the key is not kept",
        ).not.toContain(api.key);
        expect({ foreign, complaints }).toStrictEqual({ foreign: [], complaints: [] });
        await page.keyboard.press("Escape");
        await page.getByRole("dialog").waitFor({ state: "hidden" });
        idle.set(width, shared);
      },
    );

    test("a request is copied as curl, and its try-it is reached, filled and sent, by keyboard alone", async () => {
      const { page, foreign, complaints } = await opened("/docs#tag/access/GET/v1/me", 1280);
      await page.getByRole("button", { name: "Test Request (get /v1/me)", exact: true }).waitFor();
      await page.context().grantPermissions(["clipboard-read", "clipboard-write"], { origin: api.url });
      await tabTo(page, /^cURL Copy/);
      await page.keyboard.press("Enter");
      await expect
        .poll(() => page.evaluate("navigator.clipboard.readText()"))
        .toContain(`curl ${api.url}/v1/me \\\n  --header 'X-API-Key: `);
      await tabTo(page, /Test Request \(get \/v1\/me\)/);
      await page.keyboard.press("Enter");
      await page.getByRole("dialog").waitFor();
      await tabTo(page, /QUxMIFlPVVIgQkFTRSBBUkUgQkVMT05HIFRPIFVT/);
      await page.keyboard.insertText(api.key);
      const answered = page.waitForResponse((response) => response.url() === `${api.url}/v1/me`);
      await tabTo(page, /^Send/, "Shift+Tab");
      await page.keyboard.press("Enter");
      expect((await answered).status()).toBe(200);
      await page.getByRole("dialog").getByText("org_1").first().waitFor();
      await pictured(page, "docs-keyboard-1280");
      expect({ foreign, complaints }).toStrictEqual({ foreign: [], complaints: [] });
      await page.close();
    });

    test.each([1280, 390])(
      "its guide stands before the resources with this server's address, and leads to what can be taken away, at %i pixels",
      async (width) => {
        const shared = await reference("", width);
        const { page, foreign, complaints } = shared;
        const guide = page.locator(".introduction-description");
        await guide.getByRole("heading", { name: "Every page, in Python" }).scrollIntoViewIfNeeded();
        await pictured(page, `docs-guide-${width}`);
        expect(await guide.locator("pre").first().innerText()).toContain(`export MOJA_URL=${api.url} `);
        const headings = (await (await fetch(`${api.url}/docs/getting-started.md`)).text()).matchAll(/^#+ (.+)$/gm);
        for (const [, name = ""] of headings)
          expect(await guide.getByRole("heading", { name, exact: true }).count(), name).toBe(1);
        const downloading = page.waitForEvent("download");
        await guide.getByRole("link", { name: "Postman collection" }).click();
        expect((await downloading).suggestedFilename()).toBe("moja-reporting-api.postman_collection.json");
        for (const link of await guide
          .getByRole("link")
          .evaluateAll((links) => links.map((each) => each.getAttribute("href"))))
          expect((await fetch(new URL(link ?? "", page.url()))).status, String(link)).toBe(200);
        expect({ foreign, complaints }).toStrictEqual({ foreign: [], complaints: [] });
        idle.set(width, shared);
      },
    );

    test.each([
      ["/docs", "'self'"],
      ["/docs/errors", "'none'"],
      ["/docs/reasons", "'none'"],
    ])("%s runs scripts of %s alone, and asks this server alone", async (path, scripts) => {
      const policy = (await fetch(api.url + path)).headers.get("content-security-policy")?.split(";") ?? [];
      expect(policy).toEqual(
        expect.arrayContaining([
          "default-src 'none'",
          `script-src ${scripts}`,
          "connect-src 'self'",
          "base-uri 'none'",
          "frame-ancestors 'none'",
        ]),
      );
      expect(policy.join(";")).not.toMatch(/unsafe-eval|https?:|\*/);
    });

    test("its script is zipped, kept by caches, and not sent twice", async () => {
      const first = await fetch(`${api.url}/docs/assets/standalone.js`, { headers: { "accept-encoding": "gzip" } });
      expect([first.headers.get("content-encoding"), first.headers.get("cache-control")]).toStrictEqual([
        "gzip",
        "public, max-age=31536000, immutable",
      ]);
      expect((await first.text()).length).toBeGreaterThan(1_000_000);
      const again = await fetch(first.url, {
        headers: {
          "accept-encoding": "gzip",
          "cache-control": "max-age=0",
          "if-none-match": first.headers.get("etag") ?? "",
        },
      });
      expect(again.status).toBe(304);
    });

    test.each([1280, 390])("every refusal has its anchor and every reason its row, at %i pixels", async (width) => {
      const errors = await opened("/docs/errors#unavailable", width);
      for (const [code, { status }] of Object.entries(errorCatalog))
        expect(await errors.page.locator(`#${code}`).innerText()).toBe(`${code} ${status}`);
      const listed = await opened("/docs/reasons", width);
      for (const code of Object.keys(reasons))
        expect(await listed.page.getByText(code, { exact: true }).count(), code).toBe(1);
      for (const { page, foreign, complaints } of [errors, listed]) {
        await pictured(page, `${new URL(page.url()).pathname.slice(1).replace("/", "-")}-${width}`);
        expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(width);
        expect({ foreign, complaints }).toStrictEqual({ foreign: [], complaints: [] });
        await page.close();
      }
    });
  },
);
