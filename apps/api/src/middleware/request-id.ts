import { randomUUID } from "node:crypto";
import type { RequestHandler } from "express";

/** An id is logged, and no key may be. */
const wellFormed = /^(?!moja_)[A-Za-z0-9._-]{8,128}$/;

/** Gives every request its id, which every reply carries in `X-Request-Id`; a caller's own well-formed one is kept. */
export const requestId: RequestHandler = (request, response, next) => {
  const header = request.headers["x-request-id"];
  const id = typeof header === "string" && wellFormed.test(header) ? header : randomUUID();
  request.headers["x-request-id"] = id;
  response.setHeader("X-Request-Id", id);
  next();
};

/** What is logged of a URL: not what its writer may have meant for a query, and no key that stands in its path. */
export function pathIn(url: string): string {
  return (url.split(/[?&;#]|%3f|%26|%3b|%23/i, 1)[0] ?? "").replace(/moja(_|%5f)[^/]*/gi, "[redacted]");
}

/** What is logged of an error. What else PostgreSQL says with one may be values of the rows that it is about. */
export function errorInLog({ name, message, code, stack }: Error & { code?: unknown }): object {
  return { type: name, message, code, stack };
}
