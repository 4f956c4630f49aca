import { ApiError, ingestMax, issuesOf, problem, type ErrorShape, type Problem } from "@moja/contracts";
import type { TRPCError } from "@trpc/server";
import { TRPC_ERROR_CODES_BY_KEY } from "@trpc/server/rpc";
import { z } from "zod";

/** The refusals that tRPC itself makes, by its own codes. */
const codesByTrpcCode = {
  NOT_FOUND: "not_found",
  METHOD_NOT_SUPPORTED: "method_not_allowed",
  UNSUPPORTED_MEDIA_TYPE: "unsupported_media_type",
  BAD_REQUEST: "invalid_request",
  PARSE_ERROR: "invalid_request",
} as const;

/** tRPC's numbers for the statuses of refusals; any other is an internal error. */
const trpcCodesByStatus: Record<number, number> = {
  400: TRPC_ERROR_CODES_BY_KEY.BAD_REQUEST,
  401: TRPC_ERROR_CODES_BY_KEY.UNAUTHORIZED,
  403: TRPC_ERROR_CODES_BY_KEY.FORBIDDEN,
  404: TRPC_ERROR_CODES_BY_KEY.NOT_FOUND,
  405: TRPC_ERROR_CODES_BY_KEY.METHOD_NOT_SUPPORTED,
  413: TRPC_ERROR_CODES_BY_KEY.PAYLOAD_TOO_LARGE,
  415: TRPC_ERROR_CODES_BY_KEY.UNSUPPORTED_MEDIA_TYPE,
  429: TRPC_ERROR_CODES_BY_KEY.TOO_MANY_REQUESTS,
};

/** A problem body as tRPC carries it. Without `httpStatus` in it, unseen on the wire, tRPC's adapter ends the process on a request that it cannot read. */
export function toErrorShape(problem: Problem): ErrorShape {
  const data = Object.defineProperty({ ...problem }, "httpStatus", { value: problem.status, enumerable: false });
  return {
    message: data.detail,
    code: trpcCodesByStatus[data.status] ?? TRPC_ERROR_CODES_BY_KEY.INTERNAL_SERVER_ERROR,
    data,
  };
}

/** What a database says when it cannot be reached or is overloaded, on both databases. */
const outageCodes = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ENOTFOUND",
  "ETIMEDOUT",
  "57P01",
  "57P03",
  "53300",
  "57014",
  "40P01",
]);

/** What the driver of PostgreSQL says, without a code, of a connection that was lost. */
const lostConnection = /connection terminated|connection error|not queryable/i;

/** What a request that is too large is told. */
export const bodyTooLargeDetail = `A request takes at most ${ingestMax.bytes / 1024 / 1024} MiB. Send fewer records in each.`;

/** What a request is told whose address is too long. */
export const addressTooLargeDetail =
  "The address and the headers take at most 16 KiB together. A list of values that is too long can be asked for in parts.";

/** The requests of errors that are thrown before there is a context. */
export const errorRequestIds = new WeakMap<TRPCError, string>();

/** The problem body of anything that was thrown; whatever was not foreseen is masked. */
export function toProblem(
  error: TRPCError,
  request_id: string,
  known: readonly string[] = [],
  input?: unknown,
): Problem {
  const { cause } = error;
  if (cause instanceof ApiError)
    return problem(cause.code, { detail: cause.message, request_id, issues: cause.issues });
  if (error.code === "BAD_REQUEST" && cause instanceof z.core.$ZodError)
    return problem("invalid_request", { request_id, issues: issuesOf(cause, known, input) });
  if (error.code === "PAYLOAD_TOO_LARGE")
    return problem("payload_too_large", { request_id, detail: bodyTooLargeDetail });
  if (error.code in codesByTrpcCode)
    return problem(codesByTrpcCode[error.code as keyof typeof codesByTrpcCode], { request_id });
  return problem(isOutage(cause) ? "unavailable" : "internal", { request_id });
}

/** The status and headers of a reply that was refused. */
export function errorResponseMeta({ status }: Problem): { status: number; headers: Record<string, string> } {
  return {
    status,
    headers: {
      "Cache-Control": "no-store",
      ...(status === 401 && { "WWW-Authenticate": "Bearer" }),
      ...(status === 503 && { "Retry-After": "5" }),
    },
  };
}

function isOutage(cause: unknown): boolean {
  if (!(cause instanceof Error)) return false;
  const code = "code" in cause ? String(cause.code) : "";
  return (
    outageCodes.has(code) ||
    code.startsWith("SQLITE_BUSY") ||
    lostConnection.test(cause.message) ||
    cause.name === "KnexTimeoutError"
  );
}
