import { apiKeyHeader, organizationHeader } from "@moja/contracts";
import { MojaError, refusalError, unreachableError } from "./errors.ts";
import { fetchWithRetry, type RetryOptions } from "./fetch-with-retry.ts";

/** Where the API is, who asks, and how requests to its REST routes are sent. */
export type RestOptions = {
  /** The address of the API, with or without a slash at its end. */
  url: string;
  key: string;
  /** The organization that a service key acts for. */
  organization_id?: string | undefined;
  fetch: typeof fetch;
  retry: RetryOptions;
};

type RequestParameters = {
  /** Default: GET. */
  method?: "POST";
  body?: Uint8Array;
  content_type?: string;
  signal?: AbortSignal | undefined;
  /** Ends the timeout with the response's headers: its body may take longer, and is not retried. */
  untilHeaders?: boolean;
};

/** Sends a request to a REST route. Throws a `MojaError` for an error response. */
export async function requestRest(
  { url, key, organization_id, fetch, retry }: RestOptions,
  path: string,
  { content_type, signal, untilHeaders = false, ...init }: RequestParameters,
): Promise<Response> {
  const headers = {
    [apiKeyHeader]: key,
    ...(organization_id !== undefined && { [organizationHeader]: organization_id }),
    ...(content_type !== undefined && { "Content-Type": content_type }),
  };
  const send = fetchWithRetry(fetch, retry, { untilHeaders });
  try {
    const response = await send(`${url.replace(/\/+$/, "")}${path}`, { ...init, headers, ...(signal && { signal }) });
    if (response.ok) return response;
    const body: unknown = await response.json().catch(() => undefined);
    throw refusalError(response.status, body) ?? unreachableError(url, new Error(`HTTP ${response.status}`));
  } catch (error) {
    throw toThrown(error, url, signal);
  }
}

/**
 * Sends a request to a REST route and reads its JSON. A response that is no JSON or breaks off counts as unreachable.
 */
export async function requestJson<Result>(rest: RestOptions, path: string, init: RequestParameters): Promise<Result> {
  const response = await requestRest(rest, path, init);
  try {
    return trusted<Result>(await response.json());
  } catch (error) {
    throw toThrown(error, rest.url, init.signal);
  }
}

/**
 * Takes what the API responded for what its contract says. It is not validated, so that this client also reads the
 * responses of a newer API, which may have more fields.
 */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller names the contract's type
export function trusted<Result>(response: unknown): Result {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the contract is the server's to keep, see above
  return response as Result;
}

/** Converts a failure to what is thrown: an abort to its reason, and anything but a `MojaError` to `unreachable`. */
export function toThrown(error: unknown, url: string, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted) return signal.reason;
  return error instanceof MojaError ? error : unreachableError(url, error);
}
