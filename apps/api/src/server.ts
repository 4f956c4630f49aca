import { setTimeout } from "node:timers/promises";
import type { Database } from "@moja/store";
import type { Logger } from "pino";
import { createApp } from "./app.ts";
import { listenOptionsFrom, type Settings } from "./config.ts";
import { formatError } from "./format-error.ts";
import { close, listen } from "./http-server.ts";

/** Time for database connections to close, in ms. Requests that were still using one have been cut by then. */
const databaseTimeoutMs = 1000;

/** A server that listens, in this process or in several. */
export type Served = {
  /** The port that it took. */
  port: number;
  /** Stops listening, and resolves when the requests in flight have ended. */
  stop: () => Promise<void>;
};

/** Serves an open database in this process. */
export async function startServer(options: {
  database: Database;
  settings: Settings;
  logger: Logger;
}): Promise<Served> {
  const { database, settings, logger } = options;
  database.on("roll-up-failed", (error: unknown) =>
    logger.warn({ err: error }, "calls could not be rolled up: summaries read their rows"),
  );
  const server = await listen(createApp(options), listenOptionsFrom(settings));
  const address = server.address();
  return {
    port: typeof address === "object" && address ? address.port : settings.PORT,
    stop: () => close(server, settings.SHUTDOWN_TIMEOUT_MS),
  };
}

/** Lets requests in flight end, closes the database, and ends this process: with 0 when all went well. */
export async function stopInOrder({ stop }: Served, database: Database): Promise<void> {
  try {
    await stop();
    await Promise.race([database.destroy(), setTimeout(databaseTimeoutMs)]);
    process.exit(0);
  } catch (error) {
    exitWithError(error);
  }
}

/** Says what went wrong, and ends this process. */
export function exitWithError(error: unknown): void {
  console.error(formatError(error));
  process.exit(1);
}
