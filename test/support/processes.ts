import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { atEndOfFile } from "./left-open.ts";

/** An entry point of the API's as a process of its own; disposed, or left over at the end of its file, it is killed. */
export type Started = {
  [Symbol.asyncDispose]: () => Promise<void>;
  child: ChildProcess;
  /** What it has written so far. */
  written: { out: string; err: string };
  /** Its end: its exit code, and all that it wrote. */
  ended: Promise<{ code: number | null; out: string; err: string }>;
  /** Waits until a server greets, and reads its address. */
  listening: () => Promise<{ url: string; text: string }>;
};

/** What no log may hold: a whole key, or a number of a caller in the example records. */
const secret = /moja_[0-9a-f]{12}_[0-9a-f]{48}|310\D{0,2}555\D{0,2}0142/;

/** Throws where a server's log gives something away. Every log that a test has caught is looked at. */
export function expectDiscreet(log: string): void {
  const [found] = secret.exec(log) ?? [];
  if (found !== undefined) throw new Error(`A log gives something away: ${found.slice(0, 17)}…`);
}

/** Starts an entry point with these variables and no others, in a folder if need be. */
export function start(
  entry: "main.ts" | "admin/main.ts",
  args: string[],
  { cwd, ...env }: Record<string, string> & { cwd?: string },
): Started {
  const file = new URL(`../../apps/api/src/${entry}`, import.meta.url).pathname;
  const child = spawn(process.execPath, ["--conditions=moja-source", file, ...args], {
    env: { PATH: process.env["PATH"] ?? "", ...env },
    ...(cwd !== undefined && { cwd }),
  });
  const written = { out: "", err: "" };
  child.stdout.on("data", (chunk) => (written.out += String(chunk)));
  child.stderr.on("data", (chunk) => (written.err += String(chunk)));
  if (entry === "main.ts") atEndOfFile(() => expectDiscreet(written.err));
  const ended = once(child, "close").then(([code]) => {
    hasEnded();
    return { code: code as number | null, ...written };
  });
  const started: Started = {
    child,
    written,
    ended,
    listening: () => greeting(started),
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGKILL");
      await ended;
    },
  };
  const hasEnded = atEndOfFile(started[Symbol.asyncDispose]);
  return started;
}

async function greeting({ child, written, ended }: Started): Promise<{ url: string; text: string }> {
  return new Promise((resolve, reject) => {
    void ended.then(({ out, err }) => reject(new Error(`It did not listen: ${out}${err}`)));
    const look = () => {
      const [, url] = /Moja Reporting API\s+(\S+)\n/.exec(written.out) ?? [];
      if (url) resolve({ url, text: written.out });
    };
    child.stdout?.on("data", look);
    look();
  });
}

/** The processes that a server has started. */
export function childrenOf({ child }: Started): number[] {
  const { stdout } = spawnSync("ps", ["-o", "pid=", "--ppid", String(child.pid)], { encoding: "utf8" });
  return stdout.split("\n").map(Number).filter(Boolean);
}
