import type { IncomingMessage, ServerResponse } from "node:http";
import { problemMediaType, type Issue, type Problem } from "@moja/contracts";
import type { TRPCError } from "@trpc/server";
import { createOpenApiExpressMiddleware } from "trpc-to-openapi";
import { z } from "zod";
import { createContext, type Context } from "../context.ts";
import { operations } from "../operations.ts";
import { router } from "../router.ts";
import { reportError, responseMeta, type Request, type Service } from "../transport.ts";
import { parseQuery } from "./query-string.ts";

/** A REST route, made of a promise. */
export type RestRoute = {
  path: string;
  method: "GET" | "POST";
  handle: (request: Request, response: ServerResponse) => Promise<void>;
};

/** The REST transport: one route for each promise, answered by trpc-to-openapi behind a thin edge that cures its rough spots. */
export function restRoutes(service: Service): RestRoute[] {
  const issues = new WeakMap<object, Issue[]>();
  const adapter = createOpenApiExpressMiddleware({
    router,
    createContext: ({ req }: { req: IncomingMessage }) => createContext(req, service, issues.get(req)),
    responseMeta: ({ errors, ctx, data }) => responseMeta(errors[0], ctx, data[0]),
    onError: ({ error, ctx }: { error: TRPCError; ctx: Context | undefined }) => reportError(service, error, ctx),
  });

  return Object.values(operations).map((contract) => ({
    path: contract.path,
    method: contract.method ?? "GET",
    handle: async (request, response) => {
      const params = request.params ?? {};
      const parsed = parseQuery(
        contract.method === "POST" ? emptyInput : contract.input,
        new URL(request.url ?? "/", "http://localhost").search.slice(1),
        Object.keys(params),
      );
      issues.set(request, parsed.issues);
      Object.defineProperty(request, "query", { value: parsed.query, configurable: true });
      request.method = contract.method ?? "GET";
      request.url = contract.path.replace(/\{(\w+)\}/g, (_, name: string) => encodeId(String(params[name])));
      skipBodySerialization(request.body);
      sendProblemOnly(response, String(request.headers["x-request-id"]));
      await adapter(request as never, response as never);
    },
  }));
}

/** What a query string holds where the input is in the body: nothing. */
const emptyInput = z.strictObject({});

/** An id as the adapter must see it: decoded when it has an id's form (generated clients write `:` as `%3A`), else encoded, to be refused. */
function encodeId(id: string): string {
  return /^[A-Za-z0-9._~:-]+$/.test(id) ? id : encodeURIComponent(id);
}

/** The adapter makes text of a whole body for a request of which it then reads the signal alone: megabytes for nothing, and no stack is deep enough for some. */
function skipBodySerialization(body: unknown): void {
  if (typeof body === "object" && body !== null)
    Object.defineProperty(body, "toJSON", { value: () => null, enumerable: false });
}

/** The adapter spreads tRPC's error over the body; REST answers the problem alone (RFC 9457). What it refuses before there is a context lacks the request's id. */
function sendProblemOnly(response: ServerResponse, request_id: string): void {
  const end = response.end.bind(response) as (body: string) => ServerResponse;
  response.end = ((body: string) => {
    if (response.statusCode < 400) return end(body);
    response.setHeader("Content-Type", problemMediaType);
    return end(JSON.stringify({ ...(JSON.parse(body) as { data: Problem }).data, request_id }));
  }) as typeof response.end;
}
