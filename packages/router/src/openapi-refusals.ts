import {
  issuesOf,
  me,
  missingScope,
  notFound,
  problem,
  problemMediaType,
  publishedLimits,
  Refusal,
  refusals,
  type RefusalCode,
} from "@moja/contracts";
import type { z } from "zod";
import { reportingRefusal, type Caller } from "./context.ts";
import type { Promised } from "./promises.ts";
import { addressTooLarge, tooLarge } from "./refuse.ts";

type Responses = Record<string, object>;
const headerRef = (name: string) => ({ [name]: { $ref: `#/components/headers/${name}` } });

/** Describes every refusal that a promise can give, with examples that the server answers word for word; responses that promises share are named once. */
export function refusalsOf(promise: Promised, named: Responses): Responses {
  const byStatus = Map.groupBy(possible(promise), ({ code }) => refusals[code].status);
  return Object.fromEntries(
    [...byStatus].map(([status, given]) => {
      const name = `Refused${status}${variant(status, promise)}`;
      // Too long an address is refused before any limit is counted.
      const isCounted = status !== refusals.payload_too_large.status || promise.method !== undefined;
      named[name] ??= response(given, isCounted ? ["RateLimit", "RateLimit-Policy"] : []);
      return [status, { $ref: `#/components/responses/${name}` }];
    }),
  );
}

/** The response of some refusals: a problem body with an example of each, and the headers that come with them all. */
export function response(given: Refusal[], names: string[] = []) {
  const examples = Object.fromEntries(
    given.map(({ code, message, issues }) => [
      code,
      {
        summary: refusals[code].title,
        value: problem(code, { detail: message, request_id: "0b54b2a6-3c51-4d0e-8f0e-6a6a2f0f9d11", issues }),
      },
    ]),
  );
  const is = (...codes: RefusalCode[]) => given.some(({ code }) => codes.includes(code));
  const headers = {
    ...Object.assign({}, ...["X-Request-Id", ...names].map(headerRef)),
    ...(is("rate_limited", "unavailable") && headerRef("Retry-After")),
    ...(is("missing_api_key") && headerRef("WWW-Authenticate")),
  };
  const description = given.map(({ code }) => `\`${code}\`: ${refusals[code].title}.`).join(" ");
  return {
    description,
    headers,
    content: { [problemMediaType]: { schema: { $ref: "#/components/schemas/Problem" }, examples } },
  };
}

/** Which responses of one status differ: what is wrong with an input, what is not found, what a key lacks. */
function variant(status: number, { path, method, shape }: Promised): string {
  const [, id] = /\{(\w+)\}/.exec(path) ?? [];
  const words =
    shape === "list"
      ? "List"
      : shape === "summary"
        ? "Summary"
        : (id ?? (method ? "Write" : "")).replaceAll(/(?:^|_)(.)/g, (_, letter: string) => letter.toUpperCase());
  if (status === 403 || status === 413 || status === 429) return method ? "Write" : "";
  return status === 400 || status === 404 ? words : "";
}

function possible(promise: Promised): Refusal[] {
  const { path, method, shape } = promise;
  const [, id] = /\{(\w+)\}/.exec(path) ?? [];
  const refused = (code: RefusalCode, detail?: string) => new Refusal(code, detail);
  const cursor = new Refusal("invalid_cursor", undefined, [
    { path: "cursor", message: "belongs to another list, organization, order or filters, or is damaged" },
  ]);
  return [
    invalid(promise, id),
    ...(shape === "list" ? [cursor] : []),
    refused("missing_api_key"),
    refused("invalid_api_key"),
    refused("expired_api_key"),
    ...(method ? [missingScope("ingest:write", "Writing records")] : path === me.get.path ? [] : unreadable),
    ...(id ? [notFound(id)] : []),
    refused("payload_too_large", method ? tooLarge : addressTooLarge),
    ...(method ? [refused("unsupported_media_type")] : []),
    // Producers are not held up at their endpoint, but their refused requests count for their address.
    refused(
      "rate_limited",
      `More than ${method ? publishedLimits.per_ip : publishedLimits.per_endpoint} requests in a minute (${method ? "per-ip" : "per-endpoint"}). Wait 60 seconds, as \`Retry-After\` says.`,
    ),
    refused("internal"),
    refused("unavailable"),
  ];
}

/** An input that is refused, with the issues that the server finds in it. */
function invalid({ input, method, shape }: Promised, id: string | undefined): Refusal {
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
  return new Refusal(
    "invalid_request",
    undefined,
    error && issuesOf(error, Object.keys((input as z.ZodObject).shape), wrong),
  );
}

/** What callers are told who may not read the reports. */
const unreadable: Refusal[] = [{ plan: "starter" }, { api_access: false }, { scopes: [] }].flatMap(
  ({ scopes = ["reports:read"], ...lacking }) => {
    const caller = {
      key: { scopes },
      organization: { ...me.get.example.output.organization, api_access: true, ...lacking },
    };
    return reportingRefusal(caller as unknown as Caller) ?? [];
  },
);
