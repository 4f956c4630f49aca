import type { IncomingMessage } from "node:http";
import { problemMediaType, type Issue, type Problem } from "@moja/contracts";
import type { TRPCError } from "@trpc/server";
import { createOpenApiExpressMiddleware } from "trpc-to-openapi";
import { z } from "zod";
import { EncodedAnswers } from "../answers/encoded-answers.ts";
import { createContext, type Context } from "../context.ts";
import { operations } from "../operations.ts";
import { router } from "../router.ts";
import { reportError, responseMeta, type Request, type Response, type Service } from "../transport.ts";
import { parseQuery } from "./query-string.ts";

/** A REST route of an operation. */
export type RestRoute = {
  /** The path, with parameters in braces. */
  path: string;
  method: "GET" | "POST";
  handle: (request: Request, response: Response) => Promise<void>;
};

/** The REST transport: one route for each operation, served by trpc-to-openapi behind an edge for what it lacks. */
export function restRoutes(service: Service): RestRoute[] {
  const edges = new WeakMap<object, { issues: Issue[]; answers: EncodedAnswers }>();
  const adapter = createOpenApiExpressMiddleware({
    router,
    createContext: ({ req }: { req: IncomingMessage }) =>
      createContext(req, { ...service, transport: "rest" }, edges.get(req)),
    responseMeta: ({ errors, ctx, data }) => responseMeta(errors[0], ctx, data[0]),
    onError: ({ error, ctx }: { error: TRPCError; ctx: Context | undefined }) => reportError(service, error, ctx),
  });

  return Object.values(operations).map((contract) => {
    const { path, method = "GET" as const, input } = contract;
    return {
      path,
      method,
      handle: async (request, response) => {
        const { params } = request;
        const parsed = parseQuery(
          method === "POST" ? emptyInput : input,
          new URL(request.url, "http://localhost").search.slice(1),
          Object.keys(params),
        );
        const answers = new EncodedAnswers();
        edges.set(request, { issues: parsed.issues, answers });
        Object.defineProperty(request, "query", { value: parsed.query, configurable: true });
        request.method = method;
        request.url = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeId(String(params[name])));
        skipBodySerialization(request.body);
        sendAnswer(response, answers, String(request.headers["x-request-id"]));
        await adapter(request, response);
      },
    };
  });
}

/** The query of an operation whose input is the body: no parameter. */
const emptyInput = z.strictObject({});

/**
 * Encodes an id for the adapter. A well-formed id stays decoded, because generated clients write `:` as `%3A`; any
 * other text is encoded, so that the schema rejects it.
 */
function encodeId(id: string): string {
  return /^[A-Za-z0-9._~:-]+$/.test(id) ? id : encodeURIComponent(id);
}

/**
 * trpc-to-openapi stringifies the body only to find an abort signal; a null `toJSON` prevents that. It would cost
 * megabytes, and overflow the stack on deeply nested bodies.
 */
function skipBodySerialization(body: unknown): void {
  if (typeof body === "object" && body !== null)
    Object.defineProperty(body, "toJSON", { value: () => null, enumerable: false });
}

/**
 * Sends the answer in its place, and replaces the adapter's error body, which has tRPC's error around the problem, by the problem (RFC 9457). Errors that
 * the adapter throws before a context exists lack the request's id, which is added. Every answer tells its length, by
 * which a caller notices one that is cut, over HTTP/1.0 too.
 */
function sendAnswer(response: Response, answers: EncodedAnswers, request_id: string): void {
  const end = response.end.bind(response);
  const send = (body: string) => {
    response.setHeader("Content-Length", Buffer.byteLength(body));
    return Reflect.apply(end, undefined, [body]);
  };
  const sendProblem = (body: string) => {
    if (response.statusCode < 400) return send(answers.fill(body));
    const { data }: { data: Problem } = JSON.parse(body);
    response.setHeader("Content-Type", problemMediaType);
    return send(JSON.stringify({ ...data, request_id }));
  };
  Object.assign(response, { end: sendProblem });
}
