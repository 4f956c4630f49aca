import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { openDatabase } from "@moja/store";
import { pino } from "pino";
import { createApp } from "./app.ts";
import { readSettings, SettingsError } from "./environment.ts";

const demo = process.argv.includes("--demo");

/** Opens the store, listens, and closes in order when it is told to stop. */
async function main(): Promise<void> {
  const settings = readSettings({ ...(demo && { DATABASE_URL: "sqlite:./data/demo.sqlite" }), ...process.env });
  const logger = pino({ level: settings.LOG_LEVEL, base: null }, pino.destination(2));
  const database = await openDatabase(settings.DATABASE_URL);
  const server = createApp({ database, settings, logger }).listen(settings.PORT, settings.HOST);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const url = `http://${settings.HOST.includes(":") ? `[${settings.HOST}]` : settings.HOST}:${port}`;
  console.log(`Moja Reporting API   ${url}\nDocumentation        ${url}/docs`);

  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      logger.info({ signal }, "stopping");
      close(server, settings.SHUTDOWN_TIMEOUT_MS).then(() => database.destroy()).then(() => process.exit(0), fail);
    });
  }
}

/** Stops listening, lets requests in flight end, and cuts what is left after the timeout. */
async function close(server: Server, timeoutMs: number): Promise<void> {
  const closed = once(server, "close");
  server.close();
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), timeoutMs);
  await closed;
  clearTimeout(timer);
}

function fail(error: unknown): void {
  const foreseen = error instanceof SettingsError || (error instanceof Error && "code" in error);
  console.error(foreseen ? error.message : error);
  process.exit(1);
}

main().catch(fail);
