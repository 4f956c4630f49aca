import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

/** A request, as a scripted server saw it. */
export type Asked = { path: string; query: URLSearchParams; headers: IncomingHttpHeaders; body: string };

/** What a scripted server answers. */
export type Reply = { status?: number; headers?: Record<string, string>; body: string };

/** A server in the place of the API: what it was asked, in order, and what it answers; undefined says nothing for ever. */
export type Scripted = AsyncDisposable & {
  url: string;
  asked: Asked[];
  reply: (asked: Asked) => Reply | undefined;
};

/** Starts a server that answers as it is told and keeps what it was asked. */
export async function scripted(reply: Scripted["reply"]): Promise<Scripted> {
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await text(request);
    const { pathname: path, searchParams: query } = new URL(request.url ?? "", "http://localhost");
    const asked = { path, query, headers: request.headers, body };
    self.asked.push(asked);
    const { status = 200, headers, body: said } = self.reply(asked) ?? {};
    if (said !== undefined) response.writeHead(status, { "Content-Type": "application/json", ...headers }).end(said);
  };
  // A request that breaks off has asked nothing.
  const server = createServer((request, response) => void answer(request, response).catch(() => response.destroy()));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const self: Scripted = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: [],
    reply,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  return self;
}
