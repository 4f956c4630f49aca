import type { IncomingMessage, ServerResponse } from "node:http";
import { problemMediaType, type Issue, type Problem } from "@moja/contracts";
import type { TRPCError } from "@trpc/server";
import { createOpenApiExpressMiddleware } from "trpc-to-openapi";
import { z } from "zod";
import { contextOf, type Context } from "../context.ts";
import { promises } from "../operations.ts";
import { router } from "../router.ts";
import { metaOf, report, type Request, type Service } from "../transport.ts";
import { readQuery } from "./query-string.ts";

/** A REST route, made of a promise. */
export type RestRoute = {
  path: string;
  method: "GET" | "POST";
  handle: (request: Request, response: ServerResponse) => Promise<void>;
};

/** The REST transport: one route for each promise, answered by trpc-to-openapi behind a thin edge that cures its rough spots. */
export function restRoutes(service: Service): RestRoute[] {
  const issues = new WeakMap<object, Issue[]>();
  const answer = createOpenApiExpressMiddleware({
    router,
    createContext: ({ req }: { req: IncomingMessage }) => contextOf(req, service, issues.get(req)),
    responseMeta: ({ errors, ctx, data }) => metaOf(errors[0], ctx, data[0]),
    onError: ({ error, ctx }: { error: TRPCError; ctx: Context | undefined }) => report(service, error, ctx),
  });

  return Object.values(promises).map((promise) => ({
    path: promise.path,
    method: promise.method ?? "GET",
    handle: async (request, response) => {
      const params = request.params ?? {};
      const read = readQuery(
        promise.method === "POST" ? emptyInput : promise.input,
        new URL(request.url ?? "/", "http://localhost").search.slice(1),
        Object.keys(params),
      );
      issues.set(request, read.issues);
      Object.defineProperty(request, "query", { value: read.query, configurable: true });
      request.method = promise.method ?? "GET";
      request.url = promise.path.replace(/\{(\w+)\}/g, (_, name: string) => readId(String(params[name])));
      hideFromText(request.body);
      sendProblemAlone(response, String(request.headers["x-request-id"]));
      await answer(request as never, response as never);
    },
  }));
}

/** What a query string holds where the input is in the body: nothing. */
const emptyInput = z.strictObject({});

/** An id as the adapter must see it: decoded when it has an id's form (generated clients write `:` as `%3A`), else encoded, to be refused. */
function readId(id: string): string {
  return /^[A-Za-z0-9._~:-]+$/.test(id) ? id : encodeURIComponent(id);
}

/** The adapter makes text of a whole body for a request of which it then reads the signal alone: megabytes for nothing, and no stack is deep enough for some. */
function hideFromText(body: unknown): void {
  if (typeof body === "object" && body !== null)
    Object.defineProperty(body, "toJSON", { value: () => null, enumerable: false });
}

/** The adapter spreads tRPC's error over the body; REST answers the problem alone (RFC 9457). What it refuses before there is a context lacks the request's id. */
function sendProblemAlone(response: ServerResponse, request_id: string): void {
  const end = response.end.bind(response) as (body: string) => ServerResponse;
  response.end = ((body: string) => {
    if (response.statusCode < 400) return end(body);
    response.setHeader("Content-Type", problemMediaType);
    return end(JSON.stringify({ ...(JSON.parse(body) as { data: Problem }).data, request_id }));
  }) as typeof response.end;
}
