import { problem, type ErrorCode, type Issue, type Problem } from "@moja/contracts";
import { TRPCClientError } from "@trpc/client";

/** Thrown when a request fails. */
export class MojaError extends Error {
  override name = "MojaError";
  /** The API's error code; `unreachable` when no response of the API arrived. For programs. */
  readonly code: ErrorCode | "unreachable";
  /** The HTTP status; 0 when no response of the API arrived. */
  readonly status: number;
  /** Identifies the request to support; empty when no response of the API arrived. */
  readonly request_id: string;
  /** Every invalid input. */
  readonly issues: Issue[];

  constructor(body: Omit<Problem, "code"> & { code: ErrorCode | "unreachable" }, cause: unknown) {
    const others = body.issues.filter(({ message }) => !body.detail.includes(message));
    super([body.detail, ...others.map(({ path, message }) => `${path} ${message}`)].join("\n  "), { cause });
    this.code = body.code;
    this.status = body.status;
    this.request_id = body.request_id;
    this.issues = body.issues;
  }
}

/** Tells the API's error body from a proxy's, which may be JSON with a `code`, too. */
function isProblem(body: unknown): body is Problem {
  return typeof body === "object" && body !== null && "code" in body && "issues" in body && Array.isArray(body.issues);
}

/** The error body of a response over REST, or over tRPC, which wraps it; undefined where it has none. */
export function problemIn(body: unknown): Problem | undefined {
  if (isProblem(body)) return body;
  if (typeof body !== "object" || body === null || !("error" in body)) return undefined;
  const { error } = body;
  const data = typeof error === "object" && error !== null && "data" in error ? error.data : undefined;
  return isProblem(data) ? data : undefined;
}

/** The statuses by which servers and proxies refuse a request for its length. */
const tooLongStatuses = new Set([413, 414, 431]);

/** Converts what tRPC throws to a `MojaError`. Anything else is returned as it is. */
export function toMojaError(thrown: unknown, url: string): unknown {
  if (!(thrown instanceof TRPCClientError)) return thrown;
  if (thrown.cause instanceof MojaError) return thrown.cause;
  if (isProblem(thrown.data)) return new MojaError(thrown.data, thrown);
  return unreachableError(url, thrown, [thrown.message, thrown.cause?.cause]);
}

/**
 * The error of a response without tRPC's form: the API's own, or that a proxy refused the length. Undefined where it
 * says nothing that a caller could act upon.
 */
export function refusalError(status: number, body: unknown): MojaError | undefined {
  if (isProblem(body)) return new MojaError(body, undefined);
  if (!tooLongStatuses.has(status)) return undefined;
  const detail = `The request is too long for what stands between (HTTP ${status}): ask for fewer values at once.`;
  return new MojaError({ ...problem("payload_too_large", { request_id: "", detail }), status }, undefined);
}

/** Wraps `fetch` for tRPC, whose link does not tell how a response without its form was refused. */
export function throwingRefusals(fetch: typeof globalThis.fetch): typeof globalThis.fetch {
  return async (input, init) => {
    const response = await fetch(input, init);
    if (!tooLongStatuses.has(response.status)) return response;
    const body: unknown = await response
      .clone()
      .json()
      .catch(() => undefined);
    const isTrpc = typeof body === "object" && body !== null && "error" in body;
    const error = isTrpc ? undefined : refusalError(response.status, body);
    if (error) throw error;
    return response;
  };
}

/** The error for a response that did not arrive, broke off, or is not the API's. `causes` are listed in its message. */
export function unreachableError(
  url: string,
  cause: unknown,
  causes: unknown[] = [cause, cause instanceof Error ? cause.cause : undefined],
): MojaError {
  const detail = `The API at ${url} did not answer: ${causes
    .filter(Boolean)
    .map((each) => (each instanceof Error ? each.message : String(each)))
    .join(", ")}`;
  return new MojaError(
    { ...problem("unavailable", { request_id: "", detail }), code: "unreachable", status: 0 },
    cause,
  );
}
