import {
  ApiError,
  errorCatalog,
  issuesOf,
  me,
  missingScopeError,
  notFoundError,
  problem,
  problemMediaType,
  publishedLimits,
  type ErrorCode,
} from "@moja/contracts";
import type { z } from "zod";
import { reportingAccessError, type Caller } from "../context.ts";
import { addressTooLargeDetail, bodyTooLargeDetail } from "../errors.ts";
import type { OperationContract } from "../operations.ts";

type Responses = Record<string, object>;
const headerRef = (name: string) => ({ [name]: { $ref: `#/components/headers/${name}` } });

/** Describes every refusal that a promise can give, with examples that the server answers word for word; responses that promises share are named once. */
export function errorResponsesOf(contract: OperationContract, components: Responses): Responses {
  const byStatus = Map.groupBy(possibleErrors(contract), ({ code }) => errorCatalog[code].status);
  return Object.fromEntries(
    [...byStatus].map(([status, errors]) => {
      const name = `Refused${status}${responseVariant(status, contract)}`;
      // Too long an address is refused before any limit is counted.
      const isCounted = status !== errorCatalog.payload_too_large.status || contract.method !== undefined;
      components[name] ??= errorResponse(errors, isCounted ? ["RateLimit", "RateLimit-Policy"] : []);
      return [status, { $ref: `#/components/responses/${name}` }];
    }),
  );
}

/** The response of some refusals: a problem body with an example of each, and the headers that come with them all. */
export function errorResponse(errors: ApiError[], names: string[] = []) {
  const examples = Object.fromEntries(
    errors.map(({ code, message, issues }) => [
      code,
      {
        summary: errorCatalog[code].title,
        value: problem(code, { detail: message, request_id: "0b54b2a6-3c51-4d0e-8f0e-6a6a2f0f9d11", issues }),
      },
    ]),
  );
  const is = (...codes: ErrorCode[]) => errors.some(({ code }) => codes.includes(code));
  const headers = {
    ...Object.assign({}, ...["X-Request-Id", ...names].map(headerRef)),
    ...(is("rate_limited", "unavailable") && headerRef("Retry-After")),
    ...(is("missing_api_key") && headerRef("WWW-Authenticate")),
  };
  const description = errors.map(({ code }) => `\`${code}\`: ${errorCatalog[code].title}.`).join(" ");
  return {
    description,
    headers,
    content: { [problemMediaType]: { schema: { $ref: "#/components/schemas/Problem" }, examples } },
  };
}

/** Which responses of one status differ: what is wrong with an input, what is not found, what a key lacks. */
function responseVariant(status: number, { path, method, shape }: OperationContract): string {
  const [, id] = /\{(\w+)\}/.exec(path) ?? [];
  const suffix =
    shape === "list"
      ? "List"
      : shape === "summary"
        ? "Summary"
        : (id ?? (method ? "Write" : "")).replaceAll(/(?:^|_)(.)/g, (_, letter: string) => letter.toUpperCase());
  if (status === 403 || status === 413 || status === 429) return method ? "Write" : "";
  return status === 400 || status === 404 ? suffix : "";
}

function possibleErrors(contract: OperationContract): ApiError[] {
  const { path, method, shape } = contract;
  const [, id] = /\{(\w+)\}/.exec(path) ?? [];
  const error = (code: ErrorCode, detail?: string) => new ApiError(code, detail);
  const cursor = new ApiError("invalid_cursor", undefined, [
    { path: "cursor", message: "belongs to another list, organization, order or filters, or is damaged" },
  ]);
  return [
    invalidRequestError(contract, id),
    ...(shape === "list" ? [cursor] : []),
    error("missing_api_key"),
    error("invalid_api_key"),
    error("expired_api_key"),
    ...(method ? [missingScopeError("ingest:write", "Writing records")] : path === me.get.path ? [] : accessErrors),
    ...(id ? [notFoundError(id)] : []),
    error("payload_too_large", method ? bodyTooLargeDetail : addressTooLargeDetail),
    ...(method ? [error("unsupported_media_type")] : []),
    // Producers are not held up at their endpoint, but their refused requests count for their address.
    error(
      "rate_limited",
      `More than ${method ? publishedLimits.per_ip : publishedLimits.per_endpoint} requests in a minute (${method ? "per-ip" : "per-endpoint"}). Wait 60 seconds, as \`Retry-After\` says.`,
    ),
    error("internal"),
    error("unavailable"),
  ];
}

/** An input that is refused, with the issues that the server finds in it. */
function invalidRequestError({ input, method, shape }: OperationContract, id: string | undefined): ApiError {
  const wrong = method
    ? { records: [] }
    : shape === "list"
      ? { limit: 0 }
      : shape === "summary"
        ? { top: 0 }
        : id
          ? { [id]: "not an id" }
          : { limit: 5 };
  const { error } = input.safeParse(wrong);
  return new ApiError(
    "invalid_request",
    undefined,
    error && issuesOf(error, Object.keys((input as z.ZodObject).shape), wrong),
  );
}

/** What callers are told who may not read the reports. */
const accessErrors: ApiError[] = [{ plan: "starter" }, { api_access: false }, { scopes: [] }].flatMap(
  ({ scopes = ["reports:read"], ...overrides }) => {
    const caller = {
      key: { scopes },
      organization: { ...me.get.example.output.organization, api_access: true, ...overrides },
    };
    return reportingAccessError(caller as unknown as Caller) ?? [];
  },
);
