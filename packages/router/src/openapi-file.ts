import { readFile, writeFile } from "node:fs/promises";
import { openApiDocument } from "./openapi.ts";

/** Writes `openapi.json`, or with `--check` says whether it is up to date. */
const file = new URL("../openapi.json", import.meta.url);
const text = `${JSON.stringify(openApiDocument(), null, 2)}\n`;

if (!process.argv.includes("--check")) {
  await writeFile(file, text);
} else if ((await readFile(file, "utf8").catch(() => "")) !== text) {
  process.stderr.write("packages/router/openapi.json is not up to date: the promise has changed. Run `npm run openapi`, review the diff and commit it.\n");
  process.exitCode = 1;
}
