import { existsSync } from "node:fs";
import { join } from "node:path";
import { chromium, type Browser, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { document } from "./support/document.ts";
import { world, type World } from "./support/world.ts";

const executablePath = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
const present = existsSync(executablePath);
if (!present) {
  const reason = `There is no browser at ${executablePath}: the documentation page was not tested. Install Chromium, or name one in CHROMIUM.`;
  if (process.env["CI"]) throw new Error(reason);
  process.stderr.write(`\n${reason}\n`);
}
const args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

describe.runIf(present)("the documentation page, in a browser without a network", () => {
  let api: World;
  let browser: Browser;
  beforeAll(async () => {
    api = await world();
    browser = await chromium.launch({ executablePath, args });
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
      if (url.startsWith(api.url) || url.startsWith("data:") || url.startsWith("blob:")) return route.continue();
      foreign.push(url);
      return route.abort();
    });
    page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(error.message));
    await page.goto(api.url + path);
    return { page, foreign, complaints };
  }

  async function pictured(page: Page, name: string) {
    const folder = process.env["SCREENSHOTS"];
    if (folder) await page.screenshot({ path: join(folder, `${name}.png`) });
  }

  test.each([1280, 390])("lists every resource at %i pixels, asks no other host, and has nothing to complain of", async (width) => {
    const { page, foreign, complaints } = await opened("/docs", width);
    await page.getByRole("heading", { name: "Moja Reporting API" }).first().waitFor();
    await page.waitForLoadState("networkidle");
    await pictured(page, `docs-${width}`);
    for (const { name } of document.tags) expect(await page.getByText(name, { exact: true }).count(), name).toBeGreaterThan(0);
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(width);
    expect({ foreign, complaints }).toStrictEqual({ foreign: [], complaints: [] });
    await page.close();
  });

  test("its try-it returns data with a key", async () => {
    const { page, foreign, complaints } = await opened("/docs#tag/access/GET/v1/me", 1280);
    await page.getByPlaceholder("QUxMIFlPVVIgQkFTRSBBUkUgQkVMT05HIFRPIFVT").first().fill(api.key);
    await page.getByRole("button", { name: /Test Request.*\/v1\/me/i }).first().click();
    const answered = page.waitForResponse((response) => response.url().endsWith("/v1/me"));
    await page.getByRole("button", { name: /^Send/ }).first().click();
    expect((await answered).status()).toBe(200);
    await page.getByText("org_1").first().waitFor();
    await pictured(page, "docs-try-it");
    expect({ foreign, complaints }).toStrictEqual({ foreign: [], complaints: [] });
    await page.close();
  });

  test.each(["/docs/errors", "/docs/reasons"])("%s is printed, at any width", async (path) => {
    const { page, complaints } = await opened(path, 390);
    await pictured(page, path.replaceAll("/", "-").slice(1));
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(390);
    expect(complaints).toStrictEqual([]);
    await page.close();
  });
});
