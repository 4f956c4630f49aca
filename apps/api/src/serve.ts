import cluster from "node:cluster";
import { demoStories, hasDemo, issueDemoKeys, refreshDemo, revokeDemoKeys, writeDemo } from "@moja/demo";
import { listOrganizations, openDatabase, openExisting, type Database } from "@moja/store";
import { pino } from "pino";
import { readLimitsFrom, readSettings, withoutPassword, type Settings } from "./config.ts";
import { errorInLog } from "./middleware/request-id.ts";
import { startProcesses } from "./processes/primary.ts";
import { serveForPrimary } from "./processes/worker.ts";
import { progressBar } from "./progress-bar.ts";
import { exitWithError, startServer, stopInOrder, type Served } from "./server.ts";

const demo = process.argv.includes("--demo");

/** Opens the database, serves it in as many processes as are set, and shuts down in order on a signal. */
async function main(): Promise<void> {
  const settings = readSettings({ ...(demo && { DATABASE_URL: "sqlite:./data/demo.sqlite" }), ...process.env });
  const options = { level: settings.LOG_LEVEL, base: null, serializers: { err: errorInLog } };
  const logger = pino(options, pino.destination(2));
  if (cluster.isWorker) return serveForPrimary(settings, logger);
  const open = demo ? openDatabase : openExisting;
  const database = await open(settings.DATABASE_URL, readLimitsFrom(settings), (holder) =>
    logger.warn({ holder }, "the database is locked: waiting"),
  );
  const demoKeys = demo ? await ensureDemo(database) : await revokeDemoKeys(database).then(() => []);
  const count = settings.WEB_CONCURRENCY;
  const served =
    count > 1 ? await startProcesses(count, database, logger) : await startServer({ database, settings, logger });
  const empty = (await listOrganizations(database)).length === 0;
  const url = urlOf(served, settings);
  console.log(startupMessage(url, demoKeys, empty ? withoutPassword(settings.DATABASE_URL) : undefined));

  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      logger.info({ signal }, "stopping");
      void stopInOrder(served, database);
    });
  }
}

/** The server's URL, with the port that it took. */
function urlOf({ port }: Served, { HOST }: Settings): string {
  return `http://${HOST.includes(":") ? `[${HOST}]` : HOST}:${port}`;
}

/** Writes the demo unless it exists, continues one whose newest call is older than a day, and issues its keys. */
async function ensureDemo(database: Database) {
  const now = Date.now();
  if (await hasDemo(database)) {
    const told = await refreshDemo(database, { now });
    if (told > 0) console.log(`The demo's newest call was older than a day: told ${told} new stories up to now.`);
  } else {
    const bar = progressBar(demoStories, "demo stories");
    await writeDemo(database, { calls: demoStories, now, onProgress: bar.update }).finally(bar.stop);
  }
  return issueDemoKeys(database);
}

/**
 * What the operator reads on startup: the server's URL; for the demo, a key of each organization and a first request;
 * and the database's URL where it has no organization.
 */
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

main().catch(exitWithError);
