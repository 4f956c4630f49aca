import { ApiError } from "@moja/contracts";
import type { TRPCError } from "@trpc/server";
import { createExpressMiddleware } from "@trpc/server/adapters/express";
import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import { createContext, type Context } from "../context.ts";
import { errorRequestIds } from "../errors.ts";
import { router } from "../router.ts";
import { reportError, responseMeta, type Meta, type Request, type Response, type Service } from "../transport.ts";

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
    responseMeta: (answered) => {
      const { headers, ...meta } = metaOf(answered);
      return { ...meta, headers: { ...headers, "Content-Type": "application/json" } };
    },
    onError: ({ error, ctx, req }) => noteError(service, error, ctx ?? contextOf(req)),
  });
  return async (request, response, next) => {
    // tRPC builds a URL from host and path, and throws outside of its error handling where they are malformed.
    request.headers.host = "localhost";
    request.url = request.url.replace(/^\/+/, "/");
    if (callsIn(request) > batchMax)
      return next(
        new ApiError("invalid_request", `A batch takes at most ${batchMax} calls. Send the others in another.`),
      );
    if (isPlain(request)) return answerPlain(service, contextOf(request), { request, response });
    return handle(request, response, next);
  };
}

/** Whether a request is a query by its URL whose answer comes in one piece. */
function isPlain({ method, headers }: Request): boolean {
  return method === "GET" && headers["trpc-accept"] === undefined;
}

/**
 * Answers a plain query by tRPC's adapter for Fetch, and sends the answer in one piece: the adapter for Node wraps
 * request and response in streams and signals, which takes longer than finding a page.
 */
async function answerPlain(
  service: Service,
  context: Context,
  { request, response }: { request: Request; response: Response },
): Promise<void> {
  const answer = await fetchRequestHandler({
    endpoint: "/",
    router,
    req: new globalThis.Request(`http://localhost${request.url.replace("/trpc/", "/")}`),
    createContext: () => context,
    responseMeta: metaOf,
    onError: ({ error, ctx }) => noteError(service, error, ctx ?? context),
  });
  const body = Buffer.from(context.answers.fill(await answer.text()));
  response.statusCode = answer.status;
  for (const [name, value] of answer.headers) response.setHeader(name, value);
  response.setHeader("Content-Length", body.length);
  response.end(body);
}

type Answered = { errors: TRPCError[]; ctx?: Context | undefined; info: { isBatchCall: boolean } | undefined };

function metaOf({ errors, ctx, info }: Answered): Meta {
  const { status, headers } = responseMeta(errors[0], ctx);
  // Each call of a batch has its own status in its error; that of the answer is tRPC's.
  return info?.isBatchCall || status === undefined ? { headers } : { headers, status };
}

function noteError(service: Service, error: TRPCError, context: Context): void {
  errorRequestIds.set(error, context.request_id);
  reportError(service, error, context);
}

/** How many calls a request holds, by its path; more than one in a batch only. */
function callsIn({ url }: Request): number {
  return (url.split("?", 1)[0] ?? "").split(/,|%2C/i).length;
}
