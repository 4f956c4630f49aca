import type { IncomingMessage, ServerResponse } from "node:http";
import { consistencyHeader, organizationHeader, type ApiError, type Issue } from "@moja/contracts";
import type { ApiKey, Database, Organization, TenantScope } from "@moja/store";
import { EncodedAnswers } from "./answers/encoded-answers.ts";
import { firstOf, missingKeyError, presentedKey } from "./presented-key.ts";

/** The limits in force, in requests a minute; null where there is none. */
export type Limits = { per_endpoint: number | null; per_ip: number | null };

/** What brings a request to its procedure; exports are part of REST. */
type Transport = "rest" | "trpc";

/** What every request carries into a procedure, on both transports. */
export type Context = {
  transport: Transport;
  database: Database;
  limits: Limits;
  request_id: string;
  /** The path and query as the caller sent them. */
  url: string;
  /** The API key as it was presented, and the organization that a service key acts for. */
  presented: {
    key: string | undefined;
    organization_id: string | undefined;
    /** The token of what was written before, that the answer must show. */
    consistency: string | undefined;
    /** What is wrong where there is no key. */
    missingKey: () => ApiError;
  };
  /** The input that the REST edge read; undefined over tRPC, which reads its own. */
  input: Record<string, unknown> | undefined;
  /** What the REST edge found wrong with the query string; refused after the key is checked. */
  issues: Issue[];
  /** The answers to the request. */
  answers: EncodedAnswers;
  /** Aborts when the answer is over: it was sent, or its caller has gone. */
  closed: () => AbortSignal | undefined;
  /** Who asks, where that was checked before the body was read. */
  authorized: Caller | undefined;
  /** The body of a tRPC request, which all calls of a batch share. */
  body: { text: string } | undefined;
  /** What was written by the request: a token by which reads see it. */
  written: { token?: string };
  /** Why calls of a batch are refused, by their index. */
  refusedCalls: ReadonlyMap<number, ApiError> | undefined;
};

/** Who asks: the key and the organization that it reads. */
export type Caller = { key: ApiKey; organization: Organization; tenant: TenantScope };

/** Who asks, of the requests whose body was let in. */
const authorizedCallers = new WeakMap<IncomingMessage, Caller>();

/** Why calls of tRPC batches are refused. */
const refusedCalls = new WeakMap<IncomingMessage, ReadonlyMap<number, ApiError>>();

/** The context of a request; nothing in it can fail. */
export function createContext(
  request: IncomingMessage & { originalUrl?: string; body?: unknown; res?: ServerResponse },
  service: Pick<Context, "transport" | "database" | "limits">,
  { input, issues = [], answers = new EncodedAnswers() }: Partial<Pick<Context, "input" | "issues" | "answers">> = {},
): Context {
  const url = request.originalUrl ?? request.url ?? "/";
  return {
    ...service,
    request_id: firstOf(request.headers["x-request-id"]) ?? "unknown",
    url,
    presented: {
      key: presentedKey(request),
      missingKey: () => missingKeyError(request, url),
      organization_id: firstOf(request.headers[organizationHeader.toLowerCase()]),
      consistency: firstOf(request.headers[consistencyHeader.toLowerCase()]),
    },
    input,
    issues,
    answers,
    closed: () => request.res && closeSignal(request.res),
    authorized: authorizedCallers.get(request),
    body: typeof request.body === "string" ? { text: request.body } : undefined,
    written: {},
    refusedCalls: refusedCalls.get(request),
  };
}

/** Remembers who asks by a request, so that its procedures do not look the key up again. */
export function rememberCaller(request: IncomingMessage, caller: Caller): void {
  authorizedCallers.set(request, caller);
}

/** Refuses calls of a tRPC batch by their index, while its other calls are answered. */
export function refuseCalls(request: IncomingMessage, calls: ReadonlyMap<number, ApiError>): void {
  if (calls.size > 0) refusedCalls.set(request, calls);
}

const closeSignals = new WeakMap<ServerResponse, AbortSignal>();

/** A signal that aborts when a response is over. */
function closeSignal(response: ServerResponse): AbortSignal {
  const existing = closeSignals.get(response);
  if (existing) return existing;
  const closed = new AbortController();
  if (response.closed || response.destroyed) closed.abort();
  else response.once("close", () => closed.abort());
  closeSignals.set(response, closed.signal);
  return closed.signal;
}
