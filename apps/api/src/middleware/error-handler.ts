import { problem, problemMediaType, Refusal, refusals } from "@moja/contracts";
import { errorShape, tooLarge } from "@moja/router";
import type { ErrorRequestHandler, IRouter, Request, RequestHandler, Response } from "express";
import type { Logger } from "pino";

/** Answers a refusal on a path that no transport answers, in the form of the transport that was asked. */
function refuse(request: Request, response: Response, refusal: Refusal): void {
  const body = problem(refusal.code, {
    detail: refusal.message,
    request_id: String(request.headers["x-request-id"]),
    issues: refusal.issues,
  });
  response.status(body.status).setHeader("Cache-Control", "no-store");
  if (body.status === 503) response.setHeader("Retry-After", "5");
  if (request.path.startsWith("/trpc")) response.json({ error: errorShape(body) });
  else response.setHeader("Content-Type", problemMediaType).end(JSON.stringify(body));
}

/** Refuses a path that does not exist. */
export const unknownPath: RequestHandler = (request, response) =>
  refuse(
    request,
    response,
    new Refusal("not_found", `There is nothing at ${request.path}. The documentation is at /docs.`),
  );

/** Refuses a method that a path does not take; OPTIONS is told which ones it takes. */
export function onlyMethods(...methods: string[]): RequestHandler {
  return (request, response) => {
    response.setHeader("Allow", [...methods, "OPTIONS"].join(", "));
    if (request.method === "OPTIONS") response.status(204).end();
    else
      refuse(
        request,
        response,
        new Refusal("method_not_allowed", `${request.path} takes ${methods.join(" or ")}, not ${request.method}.`),
      );
  };
}

/** Serves a path to GET and HEAD alone. */
export function getOnly(router: IRouter, path: string, ...handlers: RequestHandler[]): void {
  router
    .route(path)
    .get(...handlers)
    .all(onlyMethods("GET", "HEAD"));
}

/** Answers whatever was thrown outside of the transports: bad JSON, too large, a malformed path. What was not foreseen is logged and masked. */
export function thrown(logger: Logger): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    if (response.headersSent) return next(error);
    const refusal = error instanceof Refusal ? error : refusalOf(error);
    if (refusals[refusal.code].status >= 500)
      logger.error({ err: error, request_id: request.headers["x-request-id"] }, "request failed");
    refuse(request, response, refusal);
  };
}

/** What express and its parsers throw carries a status. */
function refusalOf(error: unknown): Refusal {
  const status = typeof error === "object" && error !== null && "status" in error ? Number(error.status) : 500;
  if (status === 413) return new Refusal("payload_too_large", tooLarge);
  if (status === 415) return new Refusal("unsupported_media_type");
  if (status >= 400 && status < 500)
    return new Refusal(
      "invalid_request",
      `The request could not be read: ${error instanceof Error ? error.message : "it is malformed"}.`,
    );
  return new Refusal("internal");
}
