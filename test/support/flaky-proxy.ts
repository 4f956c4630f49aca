import { once } from "node:events";
import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { pipeline } from "node:stream/promises";
import { setTimeout } from "node:timers/promises";

/**
 * A line to the API that breaks: how many bytes of each further export's body come through; then it is cut. What is
 * left out comes whole, and nothing while the API is away.
 */
export type FlakyProxy = AsyncDisposable & { url: string; cuts: number[]; requests: string[]; isAway: boolean };

/** Puts such a line in front of an API; `slowly` lets a body come bit by bit. */
export async function startFlakyProxy(api: { url: string }, { slowly = false } = {}): Promise<FlakyProxy> {
  const proxy = { cuts: [] as number[], requests: [] as string[], isAway: false };
  const server: Server = createServer((incoming, outgoing) => {
    const path = incoming.url ?? "/";
    const isFile = path.startsWith("/v1/exports/") && !path.includes("estimate=true");
    if (isFile) proxy.requests.push(path);
    if (proxy.isAway) {
      outgoing.destroy();
      return;
    }
    const cut = isFile ? (proxy.cuts.shift() ?? Infinity) : Infinity;
    const { "accept-encoding": _, ...headers } = incoming.headers;
    const onward = request(api.url + path, { method: incoming.method, headers });
    onward.on("response", (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      const cutConnection = () => {
        onward.destroy();
        outgoing.destroy();
      };
      let left = cut;
      const pieces = async function* () {
        for await (const chunk of answer as AsyncIterable<Buffer>) {
          if (slowly) await setTimeout(5);
          yield chunk.subarray(0, left);
          left -= chunk.length;
          if (left <= 0) cutConnection();
        }
      };
      pipeline(pieces(), outgoing).catch(cutConnection);
    });
    onward.on("error", () => outgoing.destroy());
    outgoing.on("close", () => onward.destroy());
    incoming.pipe(onward);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const dispose = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  };
  return Object.assign(proxy, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: dispose,
  });
}
