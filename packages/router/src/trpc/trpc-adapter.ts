import type { ServerResponse } from "node:http";
import { ingestMax } from "@moja/contracts";
import { createExpressMiddleware } from "@trpc/server/adapters/express";
import { contextOf } from "../context.ts";
import { requestIds } from "../errors.ts";
import { router } from "../router.ts";
import { metaOf, report, type Meta, type Request, type Service } from "../transport.ts";

/** The tRPC transport. Batches are refused because the published limits count requests per endpoint. */
export function trpcHandler(service: Service): (request: Request, response: ServerResponse, next: () => void) => void {
  const answer = createExpressMiddleware({
    router,
    allowBatching: false,
    createContext: ({ req }) => contextOf(req, service),
    responseMeta: ({ errors, ctx }) => inJson(metaOf(errors[0], ctx)),
    maxBodySize: ingestMax.bytes,
    onError: ({ error, ctx, req }) => {
      requestIds.set(error, contextOf(req, service).request_id);
      report(service, error, ctx);
    },
  });
  return (request, response, next) => {
    // tRPC makes an address of these, and falls over one that is malformed.
    request.headers.host = "localhost";
    request.url = request.url?.replace(/^\/+/, "/");
    answer(request as never, response as never, next);
  };
}

/** What tRPC refuses before it has an input it would call plain text. */
function inJson({ headers, ...meta }: Meta): Meta {
  return { ...meta, headers: { ...headers, "Content-Type": "application/json" } };
}
