import { exportHeaders } from "@moja/contracts";
import cors from "cors";
import type { RequestHandler } from "express";

/** Lets browsers' apps of these origins ask the API, and read what its headers say; without origins, none may. */
export function corsForOrigins(origins: string): RequestHandler {
  if (origins === "") return (_request, _response, next) => next();
  const handler = cors({
    origin: origins.split(","),
    exposedHeaders: [
      "Content-Disposition",
      exportHeaders.cursor,
      exportHeaders.totals,
      "Link",
      "RateLimit",
      "RateLimit-Policy",
      "Retry-After",
      "WWW-Authenticate",
      "X-Request-Id",
    ],
    maxAge: 86_400,
  });
  return (request, response, next) => {
    // OPTIONS that is no preflight is answered by its path.
    if (request.method === "OPTIONS" && request.headers["access-control-request-method"] === undefined) next();
    else handler(request, response, next);
  };
}
