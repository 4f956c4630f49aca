import { ApiError, consistencyHeader } from "@moja/contracts";
import type { Database } from "@moja/store";
import type { TRPCError } from "@trpc/server";
import type { createOpenApiExpressMiddleware } from "trpc-to-openapi";
import type { Context, Limits } from "./context.ts";
import { errorResponseMeta, toProblem } from "./errors.ts";

/** What the transports need from the server. */
export type Service = {
  database: Database;
  limits: Limits;
  /** How many files one key may export at once; 0 = any number. */
  exportsPerKey: number;
  /** Receives every error with a status of 500 and above. */
  onError: (error: Error, request_id: string) => void;
};

type ExpressHandler = ReturnType<typeof createOpenApiExpressMiddleware>;

/** An Express request, by the type that the adapters take. */
export type Request = Parameters<ExpressHandler>[0];

/** An Express response, by the type that the adapters take. */
export type Response = Parameters<ExpressHandler>[1];

/** Status and headers of a response; without a status, the adapter's default. */
export type Meta = { status?: number; headers: Record<string, string> };

/** Status and headers of a response, with a `Link` to the next page where there is one. */
export function responseMeta(error: TRPCError | undefined, ctx: Context | undefined, data?: unknown): Meta {
  if (error) return errorResponseMeta(toProblem(error, ctx?.request_id ?? "unknown"));
  const token = ctx?.written.token;
  const headers = { "Cache-Control": "private, no-store", ...(token !== undefined && { [consistencyHeader]: token }) };
  const answer = ctx?.answers.valueOf(data);
  const next = typeof answer === "object" && answer !== null && "next_cursor" in answer ? answer.next_cursor : null;
  return {
    headers: next && ctx ? { ...headers, Link: `<${withCursor(ctx.url, String(next))}>; rel="next"` } : headers,
  };
}

function withCursor(url: string, cursor: string): string {
  const { pathname, search } = new URL(url, "http://localhost");
  const parameters = search
    .slice(1)
    .split("&")
    .filter((pair) => pair !== "" && !new URLSearchParams(pair).has("cursor"));
  return `${pathname}?${[...parameters, `cursor=${cursor}`].join("&")}`;
}

/** Passes errors of the server on to `onError`; what was refused on purpose is not reported. */
export function reportError({ onError }: Service, error: TRPCError, ctx: Context | undefined): void {
  const { status } = toProblem(error, "");
  if (status >= 500 && !(error.cause instanceof ApiError)) onError(error.cause ?? error, ctx?.request_id ?? "unknown");
}
