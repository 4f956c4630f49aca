import { readFile, writeFile } from "node:fs/promises";
import type { Document } from "../src/openapi/document-types.ts";
import { openApiDocument } from "../src/openapi/document.ts";
import { breakingChanges } from "./breaking-changes.ts";

/**
 * Writes `openapi.json`, and with `--release` the released document too. With `--check` fails where `openapi.json` is
 * out of date, or breaks what was released.
 */
const file = new URL("../openapi.json", import.meta.url);
const releasedFile = new URL("../openapi.released.json", import.meta.url);
const document = openApiDocument();
const text = `${JSON.stringify(document, null, 2)}\n`;

if (process.argv.includes("--check")) await check();
else for (const each of process.argv.includes("--release") ? [file, releasedFile] : [file]) await writeFile(each, text);

async function check(): Promise<void> {
  const released: Document = JSON.parse(await readFile(releasedFile, "utf8"));
  const current: Document = JSON.parse(text);
  const changes = breakingChanges(released, current);
  if (changes.length > 0)
    fail(
      [
        "The document breaks what was released:",
        ...changes.map((line) => `  ${line}`),
        "Where that is meant, `npm run openapi:release` makes it the released one.",
      ].join("\n"),
    );
  if ((await readFile(file, "utf8").catch(() => "")) !== text)
    fail(
      "packages/router/openapi.json is not up to date: the promise has changed." +
        " Run `npm run openapi`, review the diff and commit it.",
    );
}

function fail(message: string): void {
  process.stderr.write(`${message}\n`);
  process.exitCode = 1;
}
