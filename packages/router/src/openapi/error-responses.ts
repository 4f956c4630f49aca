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
  type Plan,
  type Scope,
} from "@moja/contracts";
import { reportingAccessError } from "../authorize.ts";
import { addressTooLargeDetail, bodyTypeDetail, ingestBodyLimit, recordsForms } from "../errors.ts";
import { shapeOf } from "../object-shape.ts";
import type { OperationContract } from "../operations.ts";
import type { Response } from "./document-types.ts";

type Responses = Record<string, Response>;

const headerRef = (name: string) => ({ [name]: { $ref: `#/components/headers/${name}` } });

/**
 * Describes every error response of an operation, with examples that the server answers word for word. Adds the
 * responses to `components` by name, so that operations share them, and returns references by status.
 */
export function errorResponsesOf(contract: OperationContract, components: Responses): Responses {
  const byStatus = Map.groupBy(possibleErrors(contract), ({ code }) => errorCatalog[code].status);
  return Object.fromEntries(
    [...byStatus].map(([status, errors]) => {
      const name = `Refused${status}${responseVariant(status, contract)}`;
      // A URL that is too long is rejected before any limit is counted.
      const isCounted = status !== errorCatalog.payload_too_large.status || contract.method !== undefined;
      components[name] ??= errorResponse(errors, isCounted ? ["RateLimit", "RateLimit-Policy"] : []);
      return [status, { $ref: `#/components/responses/${name}` }];
    }),
  );
}

/** An error response: a problem body with an example for each error, and the headers that all of them have. */
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
  const headers: Record<string, object> = {
    ...Object.assign({}, ...["X-Request-Id", ...names].map(headerRef)),
    ...(is("rate_limited", "unavailable", "too_slow", "overloaded") && headerRef("Retry-After")),
    ...(is("missing_api_key") && headerRef("WWW-Authenticate")),
  };
  const description = errors.map(({ code }) => `\`${code}\`: ${errorCatalog[code].title}.`).join(" ");
  return {
    description,
    headers,
    content: { [problemMediaType]: { schema: { $ref: "#/components/schemas/Problem" }, examples } },
  };
}

/** The name of the id in an operation's path, if there is one. */
function idOf({ path }: OperationContract): string | undefined {
  return /\{(\w+)\}/.exec(path)?.[1];
}

const variantsByShape: Record<string, string> = { list: "List", summary: "Summary" };

/** The part of a response's name that tells apart responses of one status: by input, by what is not found, by scope. */
function responseVariant(status: number, contract: OperationContract): string {
  const { method, shape = "" } = contract;
  if (status === 403 || status === 413 || status === 429) return method ? "Write" : "";
  if (status === 503) return slowReadingVariant(contract);
  if (status !== 400 && status !== 404) return "";
  const name = idOf(contract) ?? (method ? "Write" : "");
  return variantsByShape[shape] ?? name.replaceAll(/(?:^|_)(.)/g, (_, letter: string) => letter.toUpperCase());
}

function slowReadingVariant(contract: OperationContract): string {
  return readsRecords(contract) ? (variantsByShape[contract.shape ?? ""] ?? "Detail") : "";
}

function possibleErrors(contract: OperationContract): ApiError[] {
  const { method, shape } = contract;
  const id = idOf(contract);
  const error = (code: ErrorCode, detail?: string) => new ApiError(code, detail);
  const cursor = new ApiError("invalid_cursor", undefined, [
    { path: "cursor", message: "belongs to another list, organization, order or filters, or is damaged" },
  ]);
  return [
    invalidRequestError(contract),
    ...(shape === "list" ? [cursor] : []),
    error("missing_api_key"),
    error("invalid_api_key"),
    error("expired_api_key"),
    ...accessErrors(contract),
    ...(id ? [notFoundError(id)] : []),
    error("payload_too_large", method ? ingestBodyLimit.detail : addressTooLargeDetail),
    ...(method ? [error("unsupported_media_type", bodyTypeDetail("application/xml", recordsForms))] : []),
    rateLimitedError(contract),
    error("internal"),
    error("unavailable"),
    ...slowReadingErrors(contract),
  ];
}

function readsRecords({ path, method }: OperationContract): boolean {
  return !method && path !== me.get.path;
}

/** Errors of what reads records; what may read many of them takes turns. */
function slowReadingErrors(contract: OperationContract): ApiError[] {
  if (!readsRecords(contract)) return [];
  const tooSlow = new ApiError("too_slow");
  return (contract.shape ?? "") in variantsByShape ? [tooSlow, new ApiError("overloaded")] : [tooSlow];
}

/** Writes have no limit at their endpoint; their failed requests count for the IP address. */
function rateLimitedError({ method }: OperationContract): ApiError {
  const [limit, policy] = method ? [publishedLimits.per_ip, "per-ip"] : [publishedLimits.per_endpoint, "per-endpoint"];
  return new ApiError(
    "rate_limited",
    `More than ${limit} requests in a minute (${policy}). Wait 60 seconds, as \`Retry-After\` says.`,
  );
}

const invalidInputsByShape: Record<string, object> = { list: { limit: 0 }, summary: { top: 0 } };

/** The error for an input that the contract rejects, with the issues that the server finds in it. */
function invalidRequestError(contract: OperationContract): ApiError {
  const { input, shape = "" } = contract;
  const wrong = contract.method ? { records: [] } : (invalidInputsByShape[shape] ?? invalidIdOrLimit(idOf(contract)));
  const { error } = input.safeParse(wrong);
  return new ApiError("invalid_request", undefined, error && issuesOf(error, Object.keys(shapeOf(input)), wrong));
}

function invalidIdOrLimit(id: string | undefined): object {
  return id ? { [id]: "not an id" } : { limit: 5 };
}

/** Errors of a caller who may not use the operation; `/v1/me` answers every valid key. */
function accessErrors({ path, method }: OperationContract): ApiError[] {
  if (method) return [missingScopeError("ingest:write", "Writing records")];
  return path === me.get.path ? [] : reportingAccessErrors;
}

type Access = { plan: Plan; api_access: boolean; scopes: Scope[] };

const access: Access = {
  plan: me.get.example.output.organization.plan,
  api_access: true,
  scopes: ["reports:read"],
};
const withoutAccess: Access[] = [
  { ...access, plan: "starter" },
  { ...access, api_access: false },
  { ...access, scopes: [] },
];

const reportingAccessErrors: ApiError[] = withoutAccess.flatMap(
  ({ plan, api_access, scopes }) =>
    reportingAccessError({
      key: { scopes },
      organization: { name: me.get.example.output.organization.name, plan, api_access },
    }) ?? [],
);
