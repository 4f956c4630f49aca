import { randomUUID } from "node:crypto";
import { Refusal } from "@moja/contracts";
import type { Request, RequestHandler } from "express";
import type { Logger } from "pino";
import { pinoHttp } from "pino-http";

const wellFormed = /^[A-Za-z0-9._-]{8,128}$/;

/** Gives every request its id, which every reply carries in `X-Request-Id`; a caller's own well-formed one is kept. */
export const requestIds: RequestHandler = (request, response, next) => {
  const given = request.headers["x-request-id"];
  const id = typeof given === "string" && wellFormed.test(given) ? given : randomUUID();
  request.headers["x-request-id"] = id;
  response.setHeader("X-Request-Id", id);
  next();
};

/** Logs each request in one line: never a header, a query or a body, so that no key and no caller's number is logged. */
export function requestLog(logger: Logger): RequestHandler {
  return pinoHttp({
    logger,
    genReqId: (request) => String(request.headers["x-request-id"]),
    serializers: {
      req: ({ id, method, url }: { id: string; method: string; url: string }) => ({
        id,
        method,
        path: url.split("?", 1)[0],
      }),
      res: ({ statusCode }: { statusCode: number }) => ({ status: statusCode }),
      err: () => undefined,
    },
    customLogLevel: (_request, response) => (response.statusCode >= 500 ? "error" : "info"),
  });
}

/** The address of this server as the caller wrote it, for what people copy from the documentation. */
export function originOf({ protocol, host }: Request): string {
  if (!/^[\w.:[\]-]+$/.test(host)) throw new Refusal("invalid_request", "The header `Host` is not valid.");
  return `${protocol}://${host}`;
}
