import { chromium, type Browser } from "playwright-core";
import { isInstalled } from "./installed-programs.ts";

const executablePath = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
const args = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Whether there is a browser to test something with. */
export function hasBrowser(skipped: string): boolean {
  return isInstalled({
    program: "browser",
    path: executablePath,
    skipped,
    hint: "Install Chromium, or name one in CHROMIUM.",
  });
}

/** Starts the browser. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath, args });
}
