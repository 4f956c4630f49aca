import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** The server as a process of its own, as an operator runs it. */
export type Server = { url: string; kill: () => Promise<void> };

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
  const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  const kill = async () => {
    child.kill("SIGKILL");
    await once(child, "exit");
  };
  return { url: /http:\S+/.exec(line)?.[0] ?? "", kill };
}

/** A server whose every printed byte is kept. */
export type Overheard = Server & { printed: () => string };

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
