import { apiKeyHeader, consistencyHeader, exportHeaders, organizationHeader } from "@moja/contracts";
import cors from "cors";
import type { RequestHandler } from "express";

/** Allows browser apps of these origins, comma-separated, to call the API and read its headers; none when empty. */
export function corsForOrigins(origins: string): RequestHandler {
  if (origins === "") return (_request, _response, next) => next();
  const handler = cors({
    origin: origins.split(","),
    methods: ["GET", "HEAD", "POST"],
    allowedHeaders: [
      apiKeyHeader,
      "Authorization",
      "Content-Encoding",
      "Content-Type",
      "If-None-Match",
      organizationHeader,
      "trpc-accept",
      consistencyHeader,
      "X-Request-Id",
    ],
    exposedHeaders: [
      "Content-Disposition",
      exportHeaders.cursor,
      exportHeaders.totals,
      "Link",
      "RateLimit",
      "RateLimit-Policy",
      "Retry-After",
      "WWW-Authenticate",
      consistencyHeader,
      "X-Request-Id",
    ],
    maxAge: 86_400,
  });
  return (request, response, next) => {
    // OPTIONS without the headers of a preflight is left to the route.
    if (request.method === "OPTIONS" && request.headers["access-control-request-method"] === undefined) next();
    else handler(request, response, next);
  };
}
