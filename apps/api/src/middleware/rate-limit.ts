import { createHash } from "node:crypto";
import { ApiError, ingest } from "@moja/contracts";
import { presentedKey } from "@moja/router";
import type { Request, RequestHandler } from "express";
import { ipKeyGenerator, rateLimit } from "express-rate-limit";

const ingestPaths = new Set([ingest.push.path, "/trpc/ingest.push"] as string[]);
const minuteMs = 60_000;

function limiter(identifier: string, requests: number, keyOf: (request: Request) => string): RequestHandler {
  if (requests === 0) return (_request, _response, next) => next();
  return rateLimit({
    windowMs: minuteMs,
    limit: requests,
    identifier,
    standardHeaders: "draft-8",
    legacyHeaders: false,
    keyGenerator: keyOf,
    // Producers are not held up: of their requests only the refused ones count.
    skipSuccessfulRequests: true,
    requestWasSuccessful: ({ originalUrl }, { statusCode }) =>
      statusCode < 400 && ingestPaths.has(originalUrl.split("?", 1)[0] ?? ""),
    handler: (_request, response, next) => {
      next(
        new ApiError(
          "rate_limited",
          `More than ${requests} requests in a minute (${identifier}). Wait ${String(response.getHeader("Retry-After"))} seconds, as \`Retry-After\` says.`,
        ),
      );
    },
  });
}

function clientAddress(request: Request): string {
  return ipKeyGenerator(request.ip ?? request.socket.remoteAddress ?? "unknown");
}

/** Limits the requests of one IP address, to all endpoints together (Moja docs: 100 a minute). */
export function limitPerIp(requests: number): RequestHandler {
  return limiter("per-ip", requests, clientAddress);
}

/** Limits the requests of one key to one endpoint (Moja docs: 120 a minute). Counted by the hash of the whole key, so that nobody can use up another's share. */
export function limitPerEndpoint(requests: number, endpointOf: (request: Request) => string): RequestHandler {
  return limiter("per-endpoint", requests, (request) => {
    const key = presentedKey(request);
    return `${endpointOf(request)} ${key === undefined ? clientAddress(request) : createHash("sha256").update(key).digest("base64url")}`;
  });
}
