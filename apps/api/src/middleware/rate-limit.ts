import { hash } from "node:crypto";
import { ApiError, ingest } from "@moja/contracts";
import { presentedKey, refuseCalls } from "@moja/router";
import type { Request, RequestHandler, Response } from "express";
import { windowMs, type OpenCounts } from "../limits/counters.ts";
import { CountStore } from "../limits/count-store.ts";
import { ipKeyGenerator, rateLimit } from "express-rate-limit";

const ingestPath = new RegExp(`^(${ingest.push.path}|/trpc/ingest\\.push(,ingest\\.push)*)(\\?|$)`);

/** How requests are counted. */
export type Limits = {
  openCounts: OpenCounts;
  /** Is told why a request could not be counted. It is answered all the same. */
  onUncounted: (error: unknown) => void;
};

type LimitOptions = Limits & {
  identifier: string;
  requests: number;
  keyOf: (request: Request) => string;
  /** Whether every answer says what is left. */
  isSaid: boolean;
};

function limiter({ identifier, requests, keyOf, isSaid, openCounts, onUncounted }: LimitOptions): RequestHandler {
  if (requests === 0) return (_request, _response, next) => next();
  return rateLimit({
    windowMs,
    limit: requests,
    identifier,
    store: new CountStore(identifier, openCounts(identifier)),
    passOnStoreError: true,
    logger: { error: onUncounted, warn: () => {} },
    standardHeaders: isSaid && "draft-8",
    legacyHeaders: false,
    keyGenerator: keyOf,
    // Producers must not be slowed down: of their requests only failed ones count.
    skipSuccessfulRequests: true,
    requestWasSuccessful: ({ originalUrl }, { statusCode }) => statusCode === 200 && ingestPath.test(originalUrl),
    handler: (request: Request & { rateLimit?: { resetTime?: Date } }, response, next) => {
      const resetMs = Number(request.rateLimit?.resetTime ?? Date.now() + windowMs) - Date.now();
      if (!isSaid) response.setHeader("Retry-After", Math.max(1, Math.ceil(resetMs / 1000)));
      const wait = `Wait ${String(response.getHeader("Retry-After"))} seconds, as \`Retry-After\` says.`;
      next(new ApiError("rate_limited", `More than ${requests} requests in a minute (${identifier}). ${wait}`));
    },
  });
}

function clientAddress(request: Request): string {
  return ipKeyGenerator(request.ip ?? request.socket.remoteAddress ?? "unknown");
}

/** Limits the requests of one IP address to all endpoints together (100 a minute in Moja's documentation). */
export function limitPerIp(requests: number, limits: Limits): RequestHandler {
  return limiter({ identifier: "per-ip", requests, keyOf: clientAddress, isSaid: true, ...limits });
}

/** Limits the requests of one IP address to the documentation, by a count of its own: who reads it may still ask. */
export function limitDocuments(requests: number, limits: Limits): RequestHandler {
  return limiter({ identifier: "documents", requests, keyOf: clientAddress, isSaid: false, ...limits });
}

/**
 * Limits the requests of one key to one endpoint (120 a minute in Moja's documentation). Each call of a tRPC batch is a
 * request of its endpoint, and is refused by itself. Counts by the hash of the whole key, so that nobody can use up another key's limit by its id.
 */
export function limitPerEndpoint(
  requests: number,
  endpointsOf: (request: Request) => string[],
  limits: Limits,
): RequestHandler {
  const endpoints = new WeakMap<Request, string>();
  const keyOf = (request: Request) => {
    const key = presentedKey(request);
    const client = key === undefined ? clientAddress(request) : hash("sha256", key, "base64url");
    return `${endpoints.get(request)} ${client}`;
  };
  const limit = limiter({ identifier: "per-endpoint", requests, keyOf, isSaid: true, ...limits });
  const count = (request: Request, response: Response) =>
    new Promise<unknown>((resolve) => void limit(request, response, resolve));
  return async (request, response, next) => {
    const calls = endpointsOf(request);
    const refused = new Map<number, ApiError>();
    for (const [index, endpoint] of calls.entries()) {
      endpoints.set(request, endpoint);
      const error = await count(request, response);
      if (error instanceof ApiError) refused.set(index, error);
      else if (error !== undefined) throw error;
    }
    if (refused.size < calls.length) refuseCalls(request, refused);
    next(refused.size < calls.length ? undefined : refused.get(0));
  };
}
