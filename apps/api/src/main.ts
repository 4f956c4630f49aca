import "./node-version.ts";
import type { AddressInfo } from "node:net";
import { setTimeout } from "node:timers/promises";
import { hasDemo, issueDemoKeys, revokeDemoKeys, writeDemo } from "@moja/demo";
import { listOrganizations, openDatabase, type Database } from "@moja/store";
import { pino } from "pino";
import { createApp } from "./app.ts";
import { formatError, readSettings, withoutPassword } from "./config.ts";
import { close, listen } from "./http-server.ts";
import { errorInLog } from "./middleware/request-id.ts";
import { progressBar } from "./progress-bar.ts";

const demo = process.argv.includes("--demo");

/** How long the database's connections may take to close. Whoever is still asking on one of them was cut before. */
const databaseTimeoutMs = 1000;

/** Opens the store, listens, and closes in order when it is told to stop. */
async function main(): Promise<void> {
  const settings = readSettings({ ...(demo && { DATABASE_URL: "sqlite:./data/demo.sqlite" }), ...process.env });
  const options = { level: settings.LOG_LEVEL, base: null, serializers: { err: errorInLog } };
  const logger = pino(options, pino.destination(2));
  const database = await openDatabase(settings.DATABASE_URL);
  database.on("roll-up-failed", (error: unknown) =>
    logger.warn({ err: error }, "calls could not be rolled up: summaries read their rows"),
  );
  const demoKeys = demo ? await ensureDemo(database) : await revokeDemoKeys(database).then(() => []);
  const server = await listen(createApp({ database, settings, logger }), settings.PORT, settings.HOST);
  const { port } = server.address() as AddressInfo;
  const url = `http://${settings.HOST.includes(":") ? `[${settings.HOST}]` : settings.HOST}:${port}`;
  const empty = (await listOrganizations(database)).length === 0;
  console.log(startupMessage(url, demoKeys, empty ? withoutPassword(settings.DATABASE_URL) : undefined));

  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      logger.info({ signal }, "stopping");
      close(server, settings.SHUTDOWN_TIMEOUT_MS)
        .then(() => Promise.race([database.destroy(), setTimeout(databaseTimeoutMs)]))
        .then(() => process.exit(0), exitWithError);
    });
  }
}

/** Writes the demo where it is not there yet, and issues its keys. */
async function ensureDemo(database: Database) {
  if (!(await hasDemo(database))) {
    const calls = 2000;
    const bar = progressBar(calls, "demo stories");
    await writeDemo(database, { calls, now: Date.now(), onProgress: bar.update }).finally(bar.stop);
  }
  return issueDemoKeys(database);
}

/** What the operator reads when the server listens: where it is and, for the demo, a key of each organization and a first request; and which database is empty, if it is. */
function startupMessage(
  url: string,
  keys: { organization_id: string; key: string }[],
  empty: string | undefined,
): string {
  const lines = [
    `Moja Reporting API   ${url}`,
    `Documentation        ${url}/docs`,
    ...keys.map(({ organization_id, key }) => `${organization_id.padEnd(20)} ${key}`),
  ];
  const [first] = keys;
  if (first)
    lines.push(
      "",
      `curl -H "X-API-Key: ${first.key}" "${url}/v1/call-logs?no_payout_reason=Condition%20not%20met&limit=2"`,
    );
  if (empty !== undefined)
    lines.push("", `There is no organization in ${empty} yet: make one with admin organization create.`);
  return lines.join("\n");
}

function exitWithError(error: unknown): void {
  console.error(formatError(error));
  process.exit(1);
}

main().catch(exitWithError);
