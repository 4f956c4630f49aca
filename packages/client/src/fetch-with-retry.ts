import pRetry from "p-retry";
import { problemIn } from "./errors.ts";
import { RedirectionError } from "./own-origin.ts";

/** How long to wait for a response, and how often to retry. */
export type RetryOptions = {
  /** The timeout of one attempt, in milliseconds; for an export, how long nothing may arrive. Default: 30,000. */
  timeout_ms: number;
  /** How often a request is retried when the API is busy, unavailable or unreachable. Default: 4; 0 = never. */
  retries_max: number;
  /** The first pause, in milliseconds; it doubles with each retry. `Retry-After` overrides it. Default: 250. */
  retry_pause_ms: number;
};

/** Default retry options. */
export const defaultRetryOptions: RetryOptions = { timeout_ms: 30_000, retries_max: 4, retry_pause_ms: 250 };

/**
 * The statuses of transient failures: too many requests, and servers that are down. Retrying is always safe: reading
 * changes nothing, and writing records is idempotent.
 */
const retryableStatuses = new Set([429, 502, 503, 504]);

/** Whether a response is of a transient failure. A query that was too slow is none: it would be as slow again. */
async function isRetryable(response: Response): Promise<boolean> {
  if (!retryableStatuses.has(response.status)) return false;
  const body: unknown = await response
    .clone()
    .json()
    .catch(() => undefined);
  return problemIn(body)?.code !== "too_slow";
}

class RetryableResponseError extends Error {
  readonly response: Response;

  constructor(response: Response) {
    super(`HTTP ${response.status}`);
    this.response = response;
  }
}

/**
 * Wraps `fetch` with retries, after what `Retry-After` says or else with growing pauses, and with a timeout per
 * attempt. A response includes its body: one that breaks off is requested again. `untilHeaders` returns a successful
 * response with its headers, and the caller streams its body.
 */
export function fetchWithRetry(
  fetch: typeof globalThis.fetch,
  { timeout_ms, retries_max, retry_pause_ms }: RetryOptions,
  { untilHeaders = false } = {},
): typeof globalThis.fetch {
  return async (url, init) => {
    const { signal, ...rest } = init ?? {};
    const callerSignal = signal ?? undefined;
    const attempt = async () => {
      const late = new AbortController();
      const timer = setTimeout(
        () => late.abort(new DOMException(`no answer in ${timeout_ms} ms`, "TimeoutError")),
        timeout_ms,
      );
      try {
        const response = await fetch(url, {
          ...rest,
          signal: callerSignal ? AbortSignal.any([callerSignal, late.signal]) : late.signal,
        });
        if (untilHeaders && response.ok) return response;
        const answer = await readWhole(response);
        if (await isRetryable(answer)) throw new RetryableResponseError(answer);
        return answer;
      } finally {
        clearTimeout(timer);
      }
    };
    try {
      return await pRetry(attempt, {
        retries: retries_max,
        // The pauses are in `shouldRetry`: p-retry's own would be added to what `Retry-After` says.
        minTimeout: 0,
        ...(callerSignal && { signal: callerSignal }),
        shouldRetry: async ({ error, retriesConsumed }) => {
          if (error instanceof RedirectionError) return false;
          const growing = retry_pause_ms * 2 ** retriesConsumed * (1 + Math.random());
          await delay(retryAfterMs(error) ?? growing, callerSignal);
          return true;
        },
      });
    } catch (error) {
      // After the last retry the response itself says why.
      if (error instanceof RetryableResponseError) return error.response;
      throw error;
    }
  };
}

/** Reads the body of a response. Throws when it breaks off. */
async function readWhole(response: Response): Promise<Response> {
  const body = await response.arrayBuffer();
  const { status, statusText, headers } = response;
  return new Response(body.byteLength > 0 ? body : null, { status, statusText, headers });
}

/** Parses `Retry-After`, in seconds or as a date, to milliseconds; undefined where it is missing, invalid or past. */
function retryAfterMs(error: unknown): number | undefined {
  const retryAfter = error instanceof RetryableResponseError ? (error.response.headers.get("retry-after") ?? "") : "";
  const seconds = Number(retryAfter);
  const ms = Number.isNaN(seconds) ? Date.parse(retryAfter) - Date.now() : seconds * 1000;
  return ms > 0 ? ms : undefined;
}

/** The longest delay of a timer, in milliseconds: a longer one would fire at once. */
const timerMsMax = 2 ** 31 - 1;

/** Waits. An abort rejects at once with the signal's reason. */
export async function delay(ms: number, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted();
  await new Promise<void>((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, Math.min(ms, timerMsMax));
    signal?.addEventListener("abort", end, { once: true });
  });
  signal?.throwIfAborted();
}
