import { z } from "zod";
import type { Scope } from "./access.ts";
import { keysOf } from "./typed-object.ts";

/** Every error code with its HTTP status and texts. The page of errors and the OpenAPI document are derived from it. */
export const errorCatalog = {
  invalid_request: {
    status: 400,
    title: "The request is not valid",
    help: "`issues` names each field and what it takes. Mend them all and send the request again.",
  },
  invalid_cursor: {
    status: 400,
    title: "The cursor does not belong to this request",
    help:
      "A cursor continues one list with the same filters, order and window, for one organization. " +
      "Repeat them, or start without a cursor.",
  },
  missing_api_key: {
    status: 401,
    title: "An API key is needed",
    help:
      "Send your key in the header `X-API-Key` (or `Authorization: Bearer <key>`). " +
      "A key in the URL is never accepted.",
  },
  invalid_api_key: {
    status: 401,
    title: "The API key is not valid",
    help: "It is mistyped, was revoked, or is of another system. Ask your account's owner for a new one.",
  },
  expired_api_key: { status: 401, title: "The API key has expired", help: "Ask your account's owner for a new key." },
  plan_excludes_reporting: {
    status: 403,
    title: "The plan does not include the reporting API",
    help:
      "Reporting through the API is part of the Premium and Enterprise plans. " +
      "Your account manager can change the plan.",
  },
  api_access_disabled: {
    status: 403,
    title: "API access is switched off for this organization",
    help: "The organization's owner can switch it on in My Account, Organization, Moja API.",
  },
  missing_scope: {
    status: 403,
    title: "The API key lacks a scope",
    help: "`detail` names the scope. Ask your account's owner for a key that has it.",
  },
  not_found: {
    status: 404,
    title: "There is no such resource",
    help: "Check the path and the id. Another organization's resources answer the same.",
  },
  method_not_allowed: {
    status: 405,
    title: "This path does not take that method",
    help: "The header `Allow` lists the methods it takes.",
  },
  payload_too_large: {
    status: 413,
    title: "The request is too large",
    help: "`detail` names the limit. Send it in smaller parts.",
  },
  unsupported_media_type: {
    status: 415,
    title: "The content type is not supported",
    help:
      "Send JSON with `Content-Type: application/json`; " +
      "`/v1/ingest` takes one record a line as `application/x-ndjson`, too.",
  },
  rate_limited: {
    status: 429,
    title: "Too many requests",
    help: "Wait for the seconds in the header `Retry-After`. `RateLimit` and `RateLimit-Policy` say what is left.",
  },
  too_slow: {
    status: 503,
    title: "The query takes too long",
    help:
      "It was ended at its deadline. Ask for less: a shorter window (`from`, `to`), a filter by an id, " +
      "fewer `group_by`, or no `totals`.",
  },
  overloaded: {
    status: 503,
    title: "Too much is being asked at once",
    help: "Send fewer summaries, totals and exports at once, and this one again after the seconds in `Retry-After`.",
  },
  internal: {
    status: 500,
    title: "Something went wrong on our side",
    help: "Try again; if it stays, tell support the `request_id`.",
  },
  unavailable: {
    status: 503,
    title: "The service cannot answer now",
    help: "Try again after the seconds in `Retry-After`.",
  },
} as const satisfies Record<string, { status: number; title: string; help: string }>;

/** The code of an error response. */
export type ErrorCode = keyof typeof errorCatalog;

/** The codes of all error responses. */
export const errorCodes = keysOf(errorCatalog);

/** The media type of an error response (RFC 9457). */
export const problemMediaType = "application/problem+json";

/** One invalid input of a request: its path, and what it takes. */
export const Issue = z
  .strictObject({
    path: z.string().meta({
      title: "Path",
      description: "The parameter or the field, like `limit` or `records.3.cost`; empty for the request as a whole.",
      examples: ["limit"],
    }),
    message: z.string().meta({
      title: "Message",
      description: "What is wrong and what it takes.",
      examples: ["must be a whole number from 1 to 1000"],
    }),
  })
  .meta({ id: "Issue", title: "Issue", description: "One thing that is wrong with the request." });

/** One invalid input of a request. */
export type Issue = z.output<typeof Issue>;

/** The body of every error response (RFC 9457). */
export const Problem = z
  .strictObject({
    type: z.string().meta({
      title: "Type",
      description: "The address of the page about this refusal, relative to this API.",
      examples: ["/docs/errors#invalid_request"],
    }),
    title: z
      .string()
      .meta({ title: "Title", description: "The refusal in one line; the same for every request with this code." }),
    status: z.int().meta({ title: "Status", description: "The HTTP status code." }),
    detail: z.string().meta({ title: "Detail", description: "What is wrong with this request and what to do." }),
    code: z.enum(errorCodes).meta({
      title: "Code",
      description:
        "The refusal's code: stable, for programs. More may come: decide by the status for one that you do not know.",
    }),
    request_id: z
      .string()
      .meta({ title: "Request id", description: "Quote it to support; also in the header `X-Request-Id`." }),
    issues: z.array(Issue).meta({
      title: "Issues",
      description: "All fields that are wrong, at once; empty where the refusal is not about fields.",
    }),
  })
  .meta({
    id: "Problem",
    title: "Problem",
    description: "Why a request was refused.",
    externalDocs: {
      description: "RFC 9457, Problem Details for HTTP APIs",
      url: "https://www.rfc-editor.org/rfc/rfc9457.html",
    },
  });

/** The body of an error response. */
export type Problem = z.output<typeof Problem>;

/** What the body of an error response says of one request. */
type ProblemContext = {
  /** What is wrong and what to do. Default: the first issue, else the help of the error's code. */
  detail?: string;
  request_id: string;
  issues?: Issue[];
  /** The HTTP status, where it is not that of the code. */
  status?: number;
};

/** Builds the body of an error response. */
export function problem(code: ErrorCode, { detail, request_id, issues = [], status }: ProblemContext): Problem {
  const { title, ...error } = errorCatalog[code];
  return {
    type: `/docs/errors#${code}`,
    title,
    status: status ?? error.status,
    detail: detail ?? detailOf(code, issues),
    code,
    request_id,
    issues,
  };
}

/** What is wrong, for who reads one sentence only: the first issue, and how many more there are. */
function detailOf(code: ErrorCode, [first, ...others]: Issue[]): string {
  const { help } = errorCatalog[code];
  if (!first) return help;
  const words = first.path === "" ? `The request ${first.message}` : `\`${first.path}\` ${first.message}`;
  const sentence = /[.?!]$/.test(words) ? words : `${words}.`;
  const more = others.length === 0 ? "" : ` ${others.length} more in \`issues\`.`;
  return code === "invalid_request" ? `${sentence}${more}` : `${sentence} ${help}`;
}

/** Thrown to reject a request. REST and tRPC respond with its problem body. */
export class ApiError extends Error {
  override name = "ApiError";
  readonly code: ErrorCode;
  readonly issues: Issue[];
  /** The HTTP status of its response. */
  readonly status: number;

  /** `detail` says what is wrong with this request. Default: the first issue, else the help of the error's code. */
  constructor(code: ErrorCode, detail?: string, issues: Issue[] = []) {
    super(detail ?? detailOf(code, issues));
    this.code = code;
    this.issues = issues;
    this.status = errorCatalog[code].status;
  }
}

/** Thrown for a request whose version of HTTP cannot carry its answer. */
export class UpgradeRequiredError extends ApiError {
  override readonly status = 426;
}

/** The error for an id that the organization does not have. Another organization's id yields the same text. */
export function notFoundError(id: string): ApiError {
  return new ApiError("not_found", `There is no ${id.replace(/_id$/, "").replaceAll("_", " ")} with this id.`);
}

/** The error for a key that lacks a scope. `what` begins its sentence with what needs the scope. */
export function missingScopeError(scope: Scope, what = "This"): ApiError {
  return new ApiError(
    "missing_scope",
    `${what} needs the scope \`${scope}\`, which this API key lacks. Ask your account's owner for a key that has it.`,
  );
}
