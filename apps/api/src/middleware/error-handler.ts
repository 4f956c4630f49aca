import { ApiError, errorCatalog, problem, problemMediaType } from "@moja/contracts";
import { bodyTooLargeDetail, toErrorShape } from "@moja/router";
import type { ErrorRequestHandler, IRouter, Request, RequestHandler, Response } from "express";
import type { Logger } from "pino";

/** Answers a refusal on a path that no transport answers, in the form of the transport that was asked. */
function sendError(request: Request, response: Response, apiError: ApiError): void {
  const body = problem(apiError.code, {
    detail: apiError.message,
    request_id: String(request.headers["x-request-id"]),
    issues: apiError.issues,
  });
  response.status(body.status).setHeader("Cache-Control", "no-store");
  if (body.status === 503) response.setHeader("Retry-After", "5");
  if (request.path.startsWith("/trpc")) response.json({ error: toErrorShape(body) });
  else response.setHeader("Content-Type", problemMediaType).end(JSON.stringify(body));
}

/** Refuses a path that does not exist. */
export const notFoundHandler: RequestHandler = (request, response) =>
  sendError(
    request,
    response,
    new ApiError("not_found", `There is nothing at ${request.path}. The documentation is at /docs.`),
  );

/** Refuses a method that a path does not take; OPTIONS is told which ones it takes. */
export function allowMethods(...methods: string[]): RequestHandler {
  return (request, response) => {
    response.setHeader("Allow", [...methods, "OPTIONS"].join(", "));
    if (request.method === "OPTIONS") response.status(204).end();
    else
      sendError(
        request,
        response,
        new ApiError("method_not_allowed", `${request.path} takes ${methods.join(" or ")}, not ${request.method}.`),
      );
  };
}

/** Serves a path to GET and HEAD alone. */
export function getOnly(router: IRouter, path: string, ...handlers: RequestHandler[]): void {
  router
    .route(path)
    .get(...handlers)
    .all(allowMethods("GET", "HEAD"));
}

/** Answers whatever was thrown outside of the transports: bad JSON, too large, a malformed path. What was not foreseen is logged and masked. */
export function errorHandler(logger: Logger): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    if (response.headersSent) return next(error);
    const apiError = error instanceof ApiError ? error : toApiError(error);
    if (errorCatalog[apiError.code].status >= 500)
      logger.error({ err: error, request_id: request.headers["x-request-id"] }, "request failed");
    sendError(request, response, apiError);
  };
}

/** What express and its parsers throw carries a status. */
function toApiError(error: unknown): ApiError {
  const status = typeof error === "object" && error !== null && "status" in error ? Number(error.status) : 500;
  if (status === 413) return new ApiError("payload_too_large", bodyTooLargeDetail);
  if (status === 415) return new ApiError("unsupported_media_type");
  if (status >= 400 && status < 500)
    return new ApiError(
      "invalid_request",
      `The request could not be read: ${error instanceof Error ? error.message : "it is malformed"}.`,
    );
  return new ApiError("internal");
}
