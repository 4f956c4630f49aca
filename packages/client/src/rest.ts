import { apiKeyHeader, organizationHeader } from "@moja/contracts";
import { isProblem, MojaError, unreachable } from "./errors.ts";
import { patientFetch, type Patience } from "./fetch-with-retry.ts";

/** Where the API is and who asks, and how, for what is asked over REST. */
export type Rest = {
  url: string;
  key: string;
  organization_id?: string | undefined;
  fetch: typeof fetch;
  patience: Patience;
};

type Init = { method?: "POST"; body?: Uint8Array; content_type?: string; signal?: AbortSignal | undefined };

/** An answer of the REST API; a refusal is thrown. `untilHeaders` lets its body take its time. */
export async function askRest(
  { url, key, organization_id, fetch, patience }: Rest,
  path: string,
  { content_type, signal, ...init }: Init,
  how?: { untilHeaders: boolean },
): Promise<Response> {
  const headers = {
    [apiKeyHeader]: key,
    ...(organization_id !== undefined && { [organizationHeader]: organization_id }),
    ...(content_type !== undefined && { "Content-Type": content_type }),
  };
  try {
    const response = await patientFetch(
      fetch,
      patience,
      how,
    )(`${url.replace(/\/+$/, "")}${path}`, { ...init, headers, ...(signal && { signal }) });
    if (response.ok) return response;
    const body: unknown = await response.json().catch(() => undefined);
    throw isProblem(body) ? new MojaError(body, undefined) : unreachable(url, new Error(`HTTP ${response.status}`));
  } catch (error) {
    throw thrownBy(error, url, signal);
  }
}

/** What an answer of the REST API says; what is no JSON, or breaks off, counts as out of reach. */
export async function askJson<Said>(rest: Rest, path: string, init: Init): Promise<Said> {
  const response = await askRest(rest, path, init);
  try {
    return (await response.json()) as Said;
  } catch (error) {
    throw thrownBy(error, rest.url, init.signal);
  }
}

/** An abort is thrown as its reason, a refusal as it is, and anything else means that the API cannot be reached. */
export function thrownBy(error: unknown, url: string, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted) return signal.reason;
  return error instanceof MojaError ? error : unreachable(url, error);
}
