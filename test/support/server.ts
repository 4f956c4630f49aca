import { start } from "./processes.ts";

/** The server as a process of its own, as an operator runs it. */
export type Server = { url: string; kill: () => Promise<void> };

/** Starts `npm run serve` on a database; `kill` is kill -9. */
export async function serve(database_url: string): Promise<Server> {
  const server = start("main.ts", [], {
    DATABASE_URL: database_url,
    PORT: "0",
    LOG_LEVEL: "silent",
    RATE_LIMIT_PER_ENDPOINT: "0",
    RATE_LIMIT_PER_IP: "0",
  });
  const { url } = await server.listening();
  return { url, kill: server[Symbol.asyncDispose] };
}
