import { problem, type ErrorCode, type Issue, type Problem } from "@moja/contracts";
import { TRPCClientError } from "@trpc/client";

/** Thrown when a request is refused: `code` for programs, `message` for people, `request_id` for support. */
export class MojaError extends Error {
  override name = "MojaError";
  readonly code: ErrorCode | "unreachable";
  readonly status: number;
  readonly request_id: string;
  readonly issues: Issue[];

  constructor(body: Omit<Problem, "code"> & { code: ErrorCode | "unreachable" }, cause: unknown) {
    super([body.detail, ...body.issues.map(({ path, message }) => `${path} ${message}`)].join("\n  "), { cause });
    this.code = body.code;
    this.status = body.status;
    this.request_id = body.request_id;
    this.issues = body.issues;
  }
}

/** Whether this is how the API refuses: a proxy's own errors may be JSON with a `code`, too. */
export function isProblem(body: unknown): body is Problem {
  return typeof body === "object" && body !== null && "code" in body && "issues" in body && Array.isArray(body.issues);
}

/** What went wrong with a request, as a MojaError. */
export function toMojaError(thrown: unknown, url: string): unknown {
  if (!(thrown instanceof TRPCClientError)) return thrown;
  if (isProblem(thrown.data)) return new MojaError(thrown.data, thrown);
  return unreachableError(url, thrown, [thrown.message, thrown.cause?.cause]);
}

/** That the API cannot be reached, or broke off, as a MojaError. */
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
