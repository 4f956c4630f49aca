import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { errorCatalog, problem, problemMediaType, type ErrorCode } from "@moja/contracts";
import { addressTooLargeDetail } from "@moja/router";
import type { Express } from "express";
import { hasBody } from "./middleware/body-headers.ts";
import { securityHeaders } from "./middleware/security-headers.ts";

/** Open connections and unfinished responses of each server. */
const opened = new WeakMap<Server, { sockets: Set<Socket>; responses: Set<ServerResponse> }>();

/** Where a server listens, and what it bears of connections. */
export type ListenOptions = {
  port: number;
  host: string;
  /** How long an idle connection stays open, in ms. */
  keepAliveMs: number;
  /** Open connections in all; 0 = any number. */
  connectionsMax: number;
  /** Open connections from one address; 0 = any number. */
  connectionsPerAddressMax: number;
  /** How long the headers of a request may take, in ms: also how long a connection is silent at first. */
  headersMs?: number;
  /** How long a whole request may take to arrive, in ms. */
  requestMs?: number;
};

/** How often connections are looked at that take too long, as a part of that time. */
const checksPerTimeout = 10;

/** Serves an app. Requests that Node's parser rejects, and no route ever sees, get an error of the same form. */
export async function listen(app: Express, options: ListenOptions): Promise<Server> {
  const { port, host, keepAliveMs, headersMs = 20_000, requestMs = 60_000 } = options;
  const timeouts = {
    keepAliveTimeout: keepAliveMs,
    headersTimeout: headersMs,
    requestTimeout: requestMs,
    connectionsCheckingInterval: Math.ceil(headersMs / checksPerTimeout),
  };
  const server = createServer({ requireHostHeader: false, ...timeouts }, app);
  server.on("clientError", (error: Error & { code?: string }, socket) =>
    rejectUnparsed(socket, ...parserError(error.code)),
  );
  server.on("connect", (_request, socket) =>
    rejectUnparsed(socket, "method_not_allowed", "This server is no proxy: it takes no CONNECT."),
  );
  server.on("checkExpectation", app);
  // The body is asked for when it is read, not before the request is known to be authorized.
  server.on("checkContinue", (request, response) => {
    if (!hasBody(request)) response.writeContinue();
    server.emit("request", request, response);
  });
  limitConnections(server, options);
  const [sockets, responses] = [new Set<Socket>(), new Set<ServerResponse>()];
  opened.set(server, { sockets, responses });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  server.prependListener("request", (_request, response) => {
    responses.add(response);
    response.once("close", () => responses.delete(response));
  });
  server.listen(port, host);
  await once(server, "listening");
  return server;
}

/** Closes connections beyond the limits at once, without an answer. */
function limitConnections(server: Server, { connectionsMax, connectionsPerAddressMax }: ListenOptions): void {
  if (connectionsMax > 0) server.maxConnections = connectionsMax;
  if (connectionsPerAddressMax === 0) return;
  const counts = new Map<string | undefined, number>();
  server.on("connection", (socket) => {
    const { remoteAddress } = socket;
    const count = (counts.get(remoteAddress) ?? 0) + 1;
    counts.set(remoteAddress, count);
    socket.once("close", () => {
      const left = (counts.get(remoteAddress) ?? 1) - 1;
      if (left === 0) counts.delete(remoteAddress);
      else counts.set(remoteAddress, left);
    });
    if (count > connectionsPerAddressMax) socket.destroy();
  });
}

/** Stops listening, lets requests in flight end, and cuts the rest after the timeout. */
export async function close(server: Server, timeoutMs: number): Promise<void> {
  const closed = once(server, "close");
  const { sockets = [], responses = [] } = opened.get(server) ?? {};
  // Node does not count a connection as idle before its first request.
  for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
  for (const response of responses) closeAfter(server, response);
  server.prependListener("request", (_request, response) => closeAfter(server, response));
  server.close();
  const timer = setTimeout(() => server.closeAllConnections(), timeoutMs);
  await closed;
  clearTimeout(timer);
}

/** Closes a connection after its response. Once the headers are sent, the client would otherwise keep it open. */
function closeAfter(server: Server, response: ServerResponse): void {
  if (!response.headersSent) response.setHeader("Connection", "close");
  else response.once("close", () => setImmediate(() => server.closeIdleConnections()));
}

function parserError(code: string | undefined): [ErrorCode, string] {
  if (code === "HPE_HEADER_OVERFLOW") return ["payload_too_large", addressTooLargeDetail];
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") return ["invalid_request", "The request did not arrive in time."];
  return ["invalid_request", "The request is no HTTP that could be read: its method, headers or body are malformed."];
}

/** Writes an error to a connection without a request, and closes it. */
function rejectUnparsed(socket: Duplex, code: ErrorCode, detail: string): void {
  if (!socket.writable) return void socket.destroy();
  const request_id = randomUUID();
  const body = JSON.stringify(problem(code, { detail, request_id }));
  const head = [
    `HTTP/1.1 ${errorCatalog[code].status} Refused`,
    `Content-Type: ${problemMediaType}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Request-Id: ${request_id}`,
    "Cache-Control: no-store",
    "Connection: close",
    ...securityHeaders.map(([name, value]) => `${name}: ${value}`),
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
}
