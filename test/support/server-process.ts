import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { atEndOfFile } from "./left-open.ts";
import { expectDiscreet } from "./processes.ts";

/** The server as a process of its own, as an operator runs it. */
export type ServerProcess = {
  url: string;
  signal: (name: NodeJS.Signals) => void;
  /** How it ended: with an exit code, or by a signal. */
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** What it has logged so far; empty unless `LOG_LEVEL` asks for a log. */
  log: () => string;
  kill: () => Promise<void>;
};

/** Starts `npm run serve` on a database; `kill` is kill -9. */
export async function startServerProcess(
  database_url: string,
  settings: Record<string, string> = {},
): Promise<ServerProcess> {
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
  child.once(
    "exit",
    atEndOfFile(() => child.kill("SIGKILL")),
  );
  const said: string[] = [];
  child.stderr?.on("data", (chunk) => void said.push(String(chunk)));
  atEndOfFile(() => expectDiscreet(said.join("")));
  const ended = once(child, "close").then(([code, signal]) => ({ code, signal }));
  const greeting = once(createInterface({ input: child.stdout as Readable }), "line") as Promise<[string]>;
  const early = ended.then(() =>
    Promise.reject(new Error(`The server has ended before it listened: ${said.join("")}`)),
  );
  const [line] = await Promise.race([greeting, early]);
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

/** A server whose every printed byte is kept. */
export type Overheard = Pick<ServerProcess, "url" | "kill"> & { printed: () => string };

/** Starts the server in a folder with nothing but the given settings, and keeps what it prints. */
export async function overhear(folder: string, settings: Record<string, string>): Promise<Overheard> {
  const main = new URL("../../apps/api/src/main.ts", import.meta.url).pathname;
  const child = spawn(process.execPath, ["--conditions=moja-source", main], {
    cwd: folder,
    env: { PATH: process.env["PATH"], PORT: "0", ...settings },
  });
  const chunks: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => chunks.push(String(chunk)));
  const printed = () => chunks.join("");
  const ended = once(child, "close");
  const url = await new Promise<string>((resolve, reject) => {
    child.once("close", () => reject(new Error(printed())));
    child.stdout.on("data", () => {
      const [, found] = /Moja Reporting API\s+(http:\S+)\n/.exec(printed()) ?? [];
      if (found) resolve(found);
    });
  });
  const kill = async () => {
    child.kill("SIGKILL");
    await ended;
  };
  return { url, printed, kill };
}
