import { ApiError, problem, problemMediaType, reportExports, suggestPath } from "@moja/contracts";
import { errorResponseMeta, operations, toErrorShape } from "@moja/router";
import { isOutage } from "@moja/store";
import type { ErrorRequestHandler, IRouter, Request, RequestHandler, Response } from "express";
import type { Logger } from "pino";

/** Sends an error that no transport handles, in the form of the transport that the path belongs to. */
function sendError(request: Request, response: Response, apiError: ApiError): void {
  const body = problem(apiError.code, {
    detail: apiError.message,
    request_id: String(request.headers["x-request-id"]),
    issues: apiError.issues,
    status: apiError.status,
  });
  const { status, headers } = errorResponseMeta(body);
  response.status(status).set(headers);
  if (request.path.startsWith("/trpc")) response.json({ error: toErrorShape(body) });
  else response.type(problemMediaType).send(Buffer.from(JSON.stringify(body)));
}

const paths = [...Object.values(operations), ...Object.values(reportExports)].map(({ path }) => path);

/** Answers a path that does not exist, with the one that is probably meant. */
export const notFoundHandler: RequestHandler = (request, response) => {
  const suggested = suggestPath(request.path, paths);
  const hint = suggested === undefined ? "" : ` Did you mean ${suggested}?`;
  const detail = `There is nothing at ${request.path}.${hint} The documentation is at /docs.`;
  sendError(request, response, new ApiError("not_found", detail));
};

/** Answers the other methods of a path: OPTIONS with those that it takes, the rest with an error. */
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

/** Adds a route for GET and HEAD only. */
export function getOnly(router: IRouter, path: string, ...handlers: RequestHandler[]): void {
  router
    .route(path)
    .get(...handlers)
    .all(allowMethods("GET", "HEAD"));
}

/**
 * Answers errors from outside the transports: a body that cannot be read, a malformed path. Unexpected errors
 * are logged, and answered without their message.
 */
export function errorHandler(logger: Logger): ErrorRequestHandler {
  // oxlint-disable-next-line max-params -- Express recognizes error handlers by their four parameters.
  return (error: unknown, request, response, next) => {
    if (response.headersSent) return next(error);
    const apiError = error instanceof ApiError ? error : toApiError(error);
    if (apiError.status >= 500 && apiError !== error)
      logger.error({ err: error, request_id: request.headers["x-request-id"] }, "request failed");
    sendError(request, response, apiError);
  };
}

/** Converts an error of Express, by the status that it carries, or of the database. */
function toApiError(error: unknown): ApiError {
  const status = typeof error === "object" && error !== null && "status" in error ? Number(error.status) : 500;
  if (status >= 400 && status < 500)
    return new ApiError(
      "invalid_request",
      `The request could not be read: ${error instanceof Error ? error.message : "it is malformed"}.`,
    );
  return new ApiError(isOutage(error) ? "unavailable" : "internal");
}
