import { ingestMax } from "@moja/contracts";
import { createExpressMiddleware } from "@trpc/server/adapters/express";
import { createContext } from "../context.ts";
import { errorRequestIds } from "../errors.ts";
import { router } from "../router.ts";
import { reportError, responseMeta, type Meta, type Request, type Service } from "../transport.ts";

/** The tRPC transport. Batches are off because the published limits count requests per endpoint. */
export function trpcHandler(service: Service): ReturnType<typeof createExpressMiddleware> {
  const contextOf = (request: Request) => createContext(request, { ...service, transport: "trpc" });
  const handle = createExpressMiddleware({
    router,
    allowBatching: false,
    // A query whose input is too long for a URL is posted.
    allowMethodOverride: true,
    createContext: ({ req }) => contextOf(req),
    responseMeta: ({ errors, ctx }) => withJsonContentType(responseMeta(errors[0], ctx)),
    maxBodySize: ingestMax.bytes,
    onError: ({ error, ctx, req }) => {
      errorRequestIds.set(error, contextOf(req).request_id);
      reportError(service, error, ctx);
    },
  });
  return (request, response, next) => {
    // tRPC builds a URL from host and path, and throws outside of its error handling where they are malformed.
    request.headers.host = "localhost";
    request.url = request.url.replace(/^\/+/, "/");
    return handle(request, response, next);
  };
}

/** Sets the content type, which tRPC leaves as plain text on errors before the input is read. */
function withJsonContentType({ headers, ...meta }: Meta): Meta {
  return { ...meta, headers: { ...headers, "Content-Type": "application/json" } };
}
