import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

/** What the server does with a request: an answer and how it ends, a reset connection, or nothing at all. */
export type ScriptedAnswer =
  | "reset"
  | "silence"
  | {
      status?: number;
      headers?: Record<string, string>;
      body?: string | Buffer | AsyncIterable<string | Buffer>;
      ending?: "end" | "cut" | "silence";
    };

/** A request as it arrived, when (of `performance.now()`), and whether the client still waits for its answer. */
export type RecordedRequest = {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  body: string;
  at: number;
  isOpen: boolean;
};

/** A server on 127.0.0.1 that plays a script and records what it is asked. */
export type ScriptedServer = AsyncDisposable & { url: string; asked: RecordedRequest[] };

/** Starts a server whose answer to the n-th request (from 0) is the script's. */
export async function scriptedServer(
  script: (request: RecordedRequest, nth: number) => ScriptedAnswer | Promise<ScriptedAnswer>,
): Promise<ScriptedServer> {
  const server = createServer((incoming, outgoing) => {
    const request = recorded(incoming);
    const nth = self.asked.push(request) - 1;
    outgoing.on("close", () => void (request.isOpen = false));
    const play = async () => {
      request.body = await text(incoming);
      await send(await script(request, nth), outgoing);
    };
    // A client that has gone away is nothing that the script is about.
    play().catch(() => outgoing.destroy());
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const self: ScriptedServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: [],
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  return self;
}

function recorded({ method = "", url = "/", headers }: IncomingMessage): RecordedRequest {
  const { pathname, searchParams } = new URL(url, "http://127.0.0.1");
  return { method, path: pathname, query: searchParams, headers, body: "", at: performance.now(), isOpen: true };
}

async function send(answer: ScriptedAnswer, outgoing: ServerResponse): Promise<void> {
  if (answer === "silence") return;
  if (answer === "reset") {
    outgoing.socket?.resetAndDestroy();
    return;
  }
  const { status = 200, headers, body = "", ending = "end" } = answer;
  outgoing.writeHead(status, headers);
  outgoing.flushHeaders();
  for await (const piece of typeof body === "string" || Buffer.isBuffer(body) ? [body] : body)
    if (piece.length > 0) await new Promise((resolve) => outgoing.write(piece, resolve));
  if (ending === "end") outgoing.end();
  if (ending === "cut") outgoing.destroy();
}

/** An answer in full; with a status of 200 unless it says otherwise. */
export type Reply = { status?: number; headers?: Record<string, string>; body: string };

/** A scripted server whose answers can be exchanged while it runs; undefined leaves a request without an answer. */
export type Scripted = ScriptedServer & {
  reply: (request: RecordedRequest) => Reply | undefined;
};

/** Starts a scripted server that answers JSON with 200 unless its reply says otherwise. */
export async function scripted(reply: Scripted["reply"]): Promise<Scripted> {
  const server: ScriptedServer = await scriptedServer((request) => {
    const answer = self.reply(request);
    if (!answer) return "silence";
    return { ...answer, headers: { "Content-Type": "application/json", ...answer.headers } };
  });
  const self: Scripted = Object.assign(server, { reply });
  return self;
}
