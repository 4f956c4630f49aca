import { apiKeyHeader, organizationHeader } from "@moja/contracts";
import { isProblem, MojaError, unreachableError } from "./errors.ts";
import { fetchWithRetry, type RetryOptions } from "./fetch-with-retry.ts";

/** Where the API is and who asks, and how, for what is asked over REST. */
export type RestOptions = {
  url: string;
  key: string;
  organization_id?: string | undefined;
  fetch: typeof fetch;
  retry: RetryOptions;
};

type RequestParameters = {
  method?: "POST";
  body?: Uint8Array;
  content_type?: string;
  signal?: AbortSignal | undefined;
};

/** An answer of the REST API; a refusal is thrown. `untilHeaders` lets its body take its time. */
export async function requestRest(
  { url, key, organization_id, fetch, retry }: RestOptions,
  path: string,
  { content_type, signal, ...init }: RequestParameters,
  options?: { untilHeaders: boolean },
): Promise<Response> {
  const headers = {
    [apiKeyHeader]: key,
    ...(organization_id !== undefined && { [organizationHeader]: organization_id }),
    ...(content_type !== undefined && { "Content-Type": content_type }),
  };
  try {
    const response = await fetchWithRetry(
      fetch,
      retry,
      options,
    )(`${url.replace(/\/+$/, "")}${path}`, { ...init, headers, ...(signal && { signal }) });
    if (response.ok) return response;
    const body: unknown = await response.json().catch(() => undefined);
    throw isProblem(body)
      ? new MojaError(body, undefined)
      : unreachableError(url, new Error(`HTTP ${response.status}`));
  } catch (error) {
    throw toThrown(error, url, signal);
  }
}

/** What an answer of the REST API says; what is no JSON, or breaks off, counts as out of reach. */
export async function requestJson<Result>(rest: RestOptions, path: string, init: RequestParameters): Promise<Result> {
  const response = await requestRest(rest, path, init);
  try {
    return (await response.json()) as Result;
  } catch (error) {
    throw toThrown(error, rest.url, init.signal);
  }
}

/** An abort is thrown as its reason, a refusal as it is, and anything else means that the API cannot be reached. */
export function toThrown(error: unknown, url: string, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted) return signal.reason;
  return error instanceof MojaError ? error : unreachableError(url, error);
}
