import type { ServerResponse } from "node:http";
import { ingestMax } from "@moja/contracts";
import { createExpressMiddleware } from "@trpc/server/adapters/express";
import { createContext } from "../context.ts";
import { errorRequestIds } from "../errors.ts";
import { router } from "../router.ts";
import { reportError, responseMeta, type Meta, type Request, type Service } from "../transport.ts";

/** The tRPC transport. Batches are refused because the published limits count requests per endpoint. */
export function trpcHandler(service: Service): (request: Request, response: ServerResponse, next: () => void) => void {
  const handle = createExpressMiddleware({
    router,
    allowBatching: false,
    createContext: ({ req }) => createContext(req, service),
    responseMeta: ({ errors, ctx }) => withJsonContentType(responseMeta(errors[0], ctx)),
    maxBodySize: ingestMax.bytes,
    onError: ({ error, ctx, req }) => {
      errorRequestIds.set(error, createContext(req, service).request_id);
      reportError(service, error, ctx);
    },
  });
  return (request, response, next) => {
    // tRPC makes an address of these, and falls over one that is malformed.
    request.headers.host = "localhost";
    request.url = request.url?.replace(/^\/+/, "/");
    handle(request as never, response as never, next);
  };
}

/** What tRPC refuses before it has an input it would call plain text. */
function withJsonContentType({ headers, ...meta }: Meta): Meta {
  return { ...meta, headers: { ...headers, "Content-Type": "application/json" } };
}
