import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";

/** Whether this machine has a Redis to test with. What is not tested without one is said. */
export const hasRedis = spawnSync("redis-server", ["--version"]).status === 0;
if (!hasRedis) process.stderr.write("\nThere is no redis-server: counting in Redis was not tested.\n");

/** A Redis of a test's own, empty and in memory; `stop` stops it, `start` starts it again on the same port. */
export async function startRedis() {
  const port = await freePort();
  const start = async () => {
    const args = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
    const child = spawn("redis-server", args, { stdio: ["ignore", "pipe", "inherit"] });
    for await (const chunk of child.stdout) if (String(chunk).includes("Ready to accept connections")) break;
    return child;
  };
  let child = await start();
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGKILL");
    await once(child, "exit");
  };
  return {
    url: `redis://127.0.0.1:${port}`,
    stop,
    start: async () => void (child = await start()),
    [Symbol.asyncDispose]: stop,
  };
}

/** A port that nothing listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
