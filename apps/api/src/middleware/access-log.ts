import { maskNumbers } from "@moja/contracts";
import type { RequestHandler } from "express";
import type { Logger } from "pino";
import { pinoHttp } from "pino-http";
import { pathIn } from "./request-id.ts";

/** Logs each request in one line, without headers, query and body, which may hold keys and callers' numbers. */
export function accessLog(logger: Logger): RequestHandler {
  return pinoHttp({
    logger,
    genReqId: (request) => String(request.headers["x-request-id"]),
    serializers: {
      req: ({ id, method, url }: { id: string; method: string; url: string }) => ({
        id,
        method,
        path: maskNumbers(pathIn(url)),
      }),
      res: ({ statusCode }: { statusCode: number }) => ({ status: statusCode }),
      err: () => undefined,
    },
    customLogLevel: (_request, response) => (response.statusCode >= 500 ? "error" : "info"),
  });
}
