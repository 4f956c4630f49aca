import {
  ApiError,
  ingestMax,
  issuesOf,
  noProcedureDetail,
  problem,
  type ErrorCode,
  type ErrorShape,
  type Problem,
} from "@moja/contracts";
import { isOutage } from "@moja/store";
import type { TRPCError } from "@trpc/server";
import { TRPC_ERROR_CODES_BY_KEY } from "@trpc/server/rpc";
import { z } from "zod";
import { operations } from "./operations.ts";

/** Codes of the errors that tRPC throws before a procedure runs. */
const codesByTrpcCode: Partial<Record<TRPCError["code"], ErrorCode>> = {
  NOT_FOUND: "not_found",
  METHOD_NOT_SUPPORTED: "method_not_allowed",
  UNSUPPORTED_MEDIA_TYPE: "unsupported_media_type",
  BAD_REQUEST: "invalid_request",
  PARSE_ERROR: "invalid_request",
};

/** JSON-RPC error numbers by HTTP status; any other status is an internal error. */
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

/**
 * Wraps a problem body in tRPC's error shape. The hidden `httpStatus` never reaches the wire, but without it tRPC's
 * adapter throws outside of any request when a request cannot be parsed, which ends the process.
 */
export function toErrorShape(problem: Problem): ErrorShape {
  const data = Object.defineProperty({ ...problem }, "httpStatus", { value: problem.status, enumerable: false });
  return {
    message: data.detail,
    code: trpcCodesByStatus[data.status] ?? TRPC_ERROR_CODES_BY_KEY.INTERNAL_SERVER_ERROR,
    data,
  };
}

const MiB = 1024 * 1024;

/** The most bytes that a body unpacks to, and the detail of the error for a larger one. */
export type BodyLimit = { bytes: number; detail: string };

/** The limit of pushed records. */
export const ingestBodyLimit: BodyLimit = {
  bytes: ingestMax.bytes,
  detail: `A request takes at most ${ingestMax.bytes / MiB} MiB. Send fewer records in each.`,
};

/** The limit of a query that is posted: parsing JSON blocks every other request, and no input needs more. */
export const queryBodyLimit: BodyLimit = {
  bytes: MiB,
  detail: "A query takes at most 1 MiB. Ask for fewer values in each.",
};

/** Detail of the error for a body of another form than those that are taken. */
export function bodyTypeDetail(header: string | undefined, forms: readonly string[]): string {
  const what =
    header === undefined ? "The header `Content-Type` is missing" : `\`Content-Type: ${header}\` is not taken`;
  const names = forms.map((form) =>
    form === "application/json" ? `JSON as \`${form}\`` : `one record a line as \`${form}\``,
  );
  return `${what}: send ${names.join(" or ")}.`;
}

/** The forms of the body of pushed records. */
export const recordsForms = ["application/json", "application/x-ndjson"] as const;

/** Detail of the error for a URL and headers over Node's limit. */
export const addressTooLargeDetail =
  "The address and the headers take at most 16 KiB together. " +
  "A list of values that is too long can be asked for in parts.";

/** Request ids of errors that are thrown before a context exists. */
export const errorRequestIds = new WeakMap<TRPCError, string>();

/** What an error is explained with: the procedure that was asked, its parameters, and the input that was validated. */
type Explanation = { procedure?: string | undefined; known?: readonly string[]; input?: unknown };

/** Converts any thrown error to a problem body. Unexpected errors become `internal`, without their message. */
export function toProblem(
  error: TRPCError,
  request_id: string,
  { procedure, known = [], input }: Explanation = {},
): Problem {
  const { cause } = error;
  if (cause instanceof ApiError)
    return problem(cause.code, {
      detail: cause.message,
      request_id,
      issues: cause.issues,
      status: cause.status,
    });
  if (error.code === "BAD_REQUEST" && cause instanceof z.core.$ZodError)
    return problem("invalid_request", { request_id, issues: issuesOf(cause, known, input) });
  if (cause instanceof SyntaxError)
    return problem("invalid_request", { request_id, detail: `The input is no JSON: ${cause.message}.` });
  if (error.code === "NOT_FOUND" && procedure !== undefined)
    return problem("not_found", { request_id, detail: noProcedureDetail(procedure, Object.keys(operations)) });
  return problem(codesByTrpcCode[error.code] ?? (isOutage(cause) ? "unavailable" : "internal"), { request_id });
}

/** Status and headers of an error response. */
export function errorResponseMeta({ status }: Problem): { status: number; headers: Record<string, string> } {
  return {
    status,
    headers: {
      "Cache-Control": "no-store",
      ...(status === 401 && { "WWW-Authenticate": "Bearer" }),
      ...(status === 426 && { Upgrade: "HTTP/1.1", Connection: "Upgrade, close" }),
      ...(status === 503 && { "Retry-After": "5" }),
    },
  };
}
