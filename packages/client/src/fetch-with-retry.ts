import pRetry from "p-retry";

/** How long to wait, and how often to try again. */
export type RetryOptions = {
  /** How long one attempt may take, in milliseconds. Default 30,000. */
  timeout_ms: number;
  /** How often a request is tried again when the API is busy, unavailable or out of reach. Default 4; 0 = never. */
  retries_max: number;
  /** The first pause before trying again, in milliseconds; it doubles each time, unless `Retry-After` says otherwise. Default 250. */
  retry_pause_ms: number;
};

/** The patience of who says nothing. */
export const defaultRetryOptions: RetryOptions = { timeout_ms: 30_000, retries_max: 4, retry_pause_ms: 250 };

type Init = { signal?: AbortSignal | null; [key: string]: unknown };

/** Statuses that may pass: too many requests, and servers that are away. Every request may be repeated: reading changes nothing, and records are idempotent. */
const retryableStatuses = new Set([429, 502, 503, 504]);

class RetryableResponseError extends Error {
  readonly response: Response;

  constructor(response: Response) {
    super(`HTTP ${response.status}`);
    this.response = response;
  }
}

/**
 * `fetch`, or what stands for it, that tries again after what `Retry-After` says, else with growing pauses. It gives
 * up after the timeout or an abort. A body is part of its answer: one that breaks off is requested again.
 * `untilHeaders` leaves the body of a successful answer to the caller, who reads it bit by bit.
 */
export function fetchWithRetry(
  fetch: typeof globalThis.fetch,
  { timeout_ms, retries_max, retry_pause_ms }: RetryOptions,
  { untilHeaders = false } = {},
): typeof globalThis.fetch {
  return async (url, init) => {
    const { signal, ...rest } = (init ?? {}) as Init;
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
        if (retryableStatuses.has(answer.status)) throw new RetryableResponseError(answer);
        return answer;
      } finally {
        clearTimeout(timer);
      }
    };
    try {
      return await pRetry(attempt, {
        retries: retries_max,
        // The pauses are made below: p-retry's own would come on top of what `Retry-After` says.
        minTimeout: 0,
        ...(callerSignal && { signal: callerSignal }),
        shouldRetry: async ({ error, retriesConsumed }) => {
          const growing = retry_pause_ms * 2 ** retriesConsumed * (1 + Math.random());
          await delay(retryAfterMs(error) ?? growing, callerSignal);
          return true;
        },
      });
    } catch (error) {
      // Out of patience: the last answer says why.
      if (error instanceof RetryableResponseError) return error.response;
      throw error;
    }
  };
}

/** The answer with its body read; a body that breaks off throws. */
async function readWhole(response: Response): Promise<Response> {
  const body = await response.arrayBuffer();
  const { status, statusText, headers } = response;
  return new Response(body.byteLength > 0 ? body : null, { status, statusText, headers });
}

/** How long `Retry-After` says to wait, as seconds or as a date; undefined when it says nothing of use. */
function retryAfterMs(error: unknown): number | undefined {
  const said = error instanceof RetryableResponseError ? (error.response.headers.get("retry-after") ?? "") : "";
  const seconds = Number(said);
  const ms = Number.isNaN(seconds) ? Date.parse(said) - Date.now() : seconds * 1000;
  return ms > 0 ? ms : undefined;
}

/** The longest time that a timer takes. */
const timerMsMax = 2 ** 31 - 1;

/** Waits; an abort rejects with the signal's reason. */
export async function delay(ms: number, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(
      () => {
        signal?.removeEventListener("abort", abort);
        resolve();
      },
      Math.min(ms, timerMsMax),
    );
    signal?.addEventListener("abort", abort, { once: true });
  });
}
