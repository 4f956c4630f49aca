import type { IncomingMessage } from "node:http";
import type { Database } from "@moja/store";
import type { TRPCError } from "@trpc/server";
import type { Context, Limits } from "./context.ts";
import { errorResponseMeta, toProblem } from "./errors.ts";

/** What the transports need of the service; `onError` hears of every fault that is ours. */
export type Service = { database: Database; limits: Limits; onError: (error: Error, request_id: string) => void };

/** A request as Express hands it on. */
export type Request = IncomingMessage & {
  originalUrl?: string;
  body?: unknown;
  params?: Record<string, string | string[]>;
  query?: unknown;
};

export type Meta = { status?: number; headers: Record<string, string> };

export function responseMeta(error: TRPCError | undefined, ctx: Context | undefined, data?: unknown): Meta {
  if (error) return errorResponseMeta(toProblem(error, ctx?.request_id ?? "unknown"));
  const headers = { "Cache-Control": "private, no-store" };
  const next = typeof data === "object" && data !== null && "next_cursor" in data ? data.next_cursor : null;
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

export function reportError({ onError }: Service, error: TRPCError, ctx: Context | undefined): void {
  const { status } = toProblem(error, "");
  if (status >= 500) onError(error.cause ?? error, ctx?.request_id ?? "unknown");
}
