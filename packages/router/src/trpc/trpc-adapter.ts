import { ApiError } from "@moja/contracts";
import { createExpressMiddleware } from "@trpc/server/adapters/express";
import { createContext } from "../context.ts";
import { errorRequestIds } from "../errors.ts";
import { router } from "../router.ts";
import { reportError, responseMeta, type Request, type Service } from "../transport.ts";

/** How many calls a batch holds at most. */
const batchMax = 20;

/** The tRPC transport. */
export function trpcHandler(service: Service): ReturnType<typeof createExpressMiddleware> {
  const contextOf = (request: Request) => createContext(request, { ...service, transport: "trpc" });
  const handle = createExpressMiddleware({
    router,
    // A query whose input is too long for a URL is posted.
    allowMethodOverride: true,
    createContext: ({ req, res }) => {
      const context = contextOf(req);
      context.answers.fillWrites(res);
      return context;
    },
    responseMeta: ({ errors, ctx, info }) => {
      const { status, headers } = responseMeta(errors[0], ctx);
      const meta = { headers: { ...headers, "Content-Type": "application/json" } };
      // Each call of a batch has its own status in its error; that of the answer is tRPC's.
      return info?.isBatchCall || status === undefined ? meta : { ...meta, status };
    },
    onError: ({ error, ctx, req }) => {
      errorRequestIds.set(error, contextOf(req).request_id);
      reportError(service, error, ctx);
    },
  });
  return (request, response, next) => {
    // tRPC builds a URL from host and path, and throws outside of its error handling where they are malformed.
    request.headers.host = "localhost";
    request.url = request.url.replace(/^\/+/, "/");
    if (callsIn(request) > batchMax)
      return next(
        new ApiError("invalid_request", `A batch takes at most ${batchMax} calls. Send the others in another.`),
      );
    return handle(request, response, next);
  };
}

/** How many calls a request holds, by its path; more than one in a batch only. */
function callsIn({ url }: Request): number {
  return (url.split("?", 1)[0] ?? "").split(/,|%2C/i).length;
}
