import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

/** The server as a process of its own, as an operator runs it. */
export type Server = {
  url: string;
  signal: (name: NodeJS.Signals) => void;
  /** How it ended: with an exit code, or by a signal. */
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** What it has logged so far; empty unless `LOG_LEVEL` asks for a log. */
  log: () => string;
  kill: () => Promise<void>;
};

/** Starts `npm run serve` on a database; `kill` is kill -9. */
export async function serve(database_url: string, settings: Record<string, string> = {}): Promise<Server> {
  const main = new URL("../../apps/api/src/main.ts", import.meta.url).pathname;
  const env = {
    PATH: process.env["PATH"],
    DATABASE_URL: database_url,
    PORT: "0",
    LOG_LEVEL: "silent",
    RATE_LIMIT_PER_ENDPOINT: "0",
    RATE_LIMIT_PER_IP: "0",
    ...settings,
  };
  const child: ChildProcess = spawn(process.execPath, ["--conditions=moja-source", main], {
    env,
    stdio: ["ignore", "pipe", settings["LOG_LEVEL"] === undefined ? "inherit" : "pipe"],
  });
  const said: string[] = [];
  child.stderr?.on("data", (chunk) => void said.push(String(chunk)));
  const ended: Server["ended"] = once(child, "close").then(([code, signal]) => ({ code, signal }));
  const [line] = (await once(createInterface({ input: child.stdout as Readable }), "line")) as [string];
  return {
    url: /http:\S+/.exec(line)?.[0] ?? "",
    signal: (name) => void child.kill(name),
    ended,
    log: () => said.join(""),
    kill: async () => {
      child.kill("SIGKILL");
      await ended;
    },
  };
}
