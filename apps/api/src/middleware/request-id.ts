import { randomUUID } from "node:crypto";
import type { RequestHandler } from "express";

/** Ids that callers may choose. Ids are logged, so an API key must not be one. */
const wellFormed = /^(?!moja_)[A-Za-z0-9._-]{8,128}$/;

/** Gives every request its id, which the response repeats in `X-Request-Id`. A caller's well-formed id is kept. */
export const requestId: RequestHandler = (request, response, next) => {
  const header = request.headers["x-request-id"];
  const id = typeof header === "string" && wellFormed.test(header) ? header : randomUUID();
  request.headers["x-request-id"] = id;
  response.setHeader("X-Request-Id", id);
  next();
};

/** The path of a URL for the log: without anything that was meant as a query, and without API keys in the path. */
export function pathIn(url: string): string {
  return (url.split(/[?&;#]|%3f|%26|%3b|%23/i, 1)[0] ?? "").replace(/moja(_|%5f)[^/]*/gi, "[redacted]");
}

/** An error for the log. Other fields are dropped, because PostgreSQL's `detail` may hold values of rows. */
export function errorInLog({ name, message, code, stack }: Error & { code?: unknown }): object {
  return { type: name, message, code, stack };
}
