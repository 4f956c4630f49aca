import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("./", import.meta.url));
const lock = new URL("package-lock.json", import.meta.url);
const installed = new URL("node_modules/.installed-lock.json", import.meta.url);

/**
 * Installs what partners use, where it is not installed as the lock file says. Only tests and checks need it, and it
 * would add two thirds to what a server installs.
 */
export default function installPartnerTools() {
  if (textOf(installed) === textOf(lock)) return;
  process.stderr.write("Installing what the tests use as partners do (test/partners)\n");
  execFileSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], { cwd: folder, stdio: "inherit" });
  writeFileSync(installed, textOf(lock));
}

function textOf(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) installPartnerTools();
