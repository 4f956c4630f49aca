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
export function isProblem(body: unknown): body is Problem {
  return typeof body === "object" && body !== null && "code" in body && "issues" in body && Array.isArray(body.issues);
}

/** Converts what tRPC throws to a `MojaError`. Anything else is returned as it is. */
export function toMojaError(thrown: unknown, url: string): unknown {
  if (!(thrown instanceof TRPCClientError)) return thrown;
  if (isProblem(thrown.data)) return new MojaError(thrown.data, thrown);
  return unreachableError(url, thrown, [thrown.message, thrown.cause?.cause]);
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
