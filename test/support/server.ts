import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { afterAll } from "vitest";

/** The server as a process of its own, as an operator runs it. */
export type Server = { url: string; kill: () => Promise<void> };

// A test that fails before it has killed its server leaves none at the end of its file.
const running = new Set<ChildProcess>();
afterAll(() => {
  for (const child of running) child.kill("SIGKILL");
});

/** Starts `npm run serve` on a database; `kill` is kill -9. */
export async function serve(database_url: string): Promise<Server> {
  const main = new URL("../../apps/api/src/main.ts", import.meta.url).pathname;
  const env = {
    PATH: process.env["PATH"],
    DATABASE_URL: database_url,
    PORT: "0",
    LOG_LEVEL: "silent",
    RATE_LIMIT_PER_ENDPOINT: "0",
    RATE_LIMIT_PER_IP: "0",
  };
  const child = spawn(process.execPath, ["--conditions=moja-source", main], {
    env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  running.add(child);
  child.once("exit", () => running.delete(child));
  const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  const kill = async () => {
    child.kill("SIGKILL");
    await once(child, "exit");
  };
  return { url: /http:\S+/.exec(line)?.[0] ?? "", kill };
}
