import type { TRPCError } from "@trpc/server";
import { createOpenApiExpressMiddleware } from "trpc-to-openapi";
import { z } from "zod";
import { createContext, type Context } from "../context.ts";
import { operations } from "../operations.ts";
import { router } from "../router.ts";
import { reportError, responseMeta, type Request, type Response, type Service } from "../transport.ts";
import { AdapterRequest, AdapterResponse } from "./adapter-exchange.ts";
import { parseQuery, toSingleValues } from "./query-string.ts";

/** A REST route of an operation. */
export type RestRoute = {
  /** The path, with parameters in braces. */
  path: string;
  method: "GET" | "POST";
  handle: (request: Request, response: Response) => Promise<void>;
};

/** The REST transport: one route for each operation, served by trpc-to-openapi behind an edge for what it lacks. */
export function restRoutes(service: Service): RestRoute[] {
  const adapter = createOpenApiExpressMiddleware({
    router,
    createContext: ({ req }: { req: unknown }) => contextOf(req, service),
    responseMeta: ({ errors, ctx, data }) => responseMeta(errors[0], ctx, data[0]),
    onError: ({ error, ctx }: { error: TRPCError; ctx: Context | undefined }) => reportError(service, error, ctx),
  });

  return Object.values(operations).map(({ path, method = "GET" as const, input }) => {
    const schema = method === "POST" ? emptyInput : input;
    const route = { method, url: path.replace(/\{\w+\}/g, "id") };
    return {
      path,
      method,
      handle: async (request, response) => {
        const { params } = request;
        const { query, issues } = parseQuery(schema, searchOf(request.url), Object.keys(params));
        const adapted = new AdapterRequest(route, {
          request,
          input: { ...toSingleValues(schema, query), ...params },
          issues,
        });
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the adapter reads and writes no more than they have
        const exchange = [adapted, new AdapterResponse(response, adapted)] as unknown as [Request, Response];
        await adapter(...exchange);
      },
    };
  });
}

/** The query of an operation whose input is the body: no parameter. */
const emptyInput = z.strictObject({});

function searchOf(url: string): string {
  const start = url.indexOf("?");
  return start < 0 ? "" : url.slice(start + 1);
}

function contextOf(adapted: unknown, service: Service): Context {
  if (!(adapted instanceof AdapterRequest)) throw new TypeError("The adapter was given another request");
  const { rest, answers } = adapted;
  const { request, ...given } = rest;
  return createContext(request, { ...service, transport: "rest" }, { ...given, answers });
}
