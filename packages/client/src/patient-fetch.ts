import pRetry from "p-retry";

/** How long to wait, and how often to try again. */
export type Patience = {
  /** How long one attempt may take, in milliseconds. Default 30,000. */
  timeout_ms: number;
  /** How often a request is tried again when the API is busy, unavailable or out of reach. Default 4; 0 = never. */
  retries_max: number;
  /** The first pause before trying again, in milliseconds; it doubles each time, unless `Retry-After` says otherwise. Default 250. */
  retry_pause_ms: number;
};

/** The patience of who says nothing. */
export const usualPatience: Patience = { timeout_ms: 30_000, retries_max: 4, retry_pause_ms: 250 };

type Init = { signal?: AbortSignal | null; [key: string]: unknown };

/** Statuses that may pass: too many requests, and servers that are away. Every request may be repeated: reading changes nothing, and records are idempotent. */
const passing = new Set([429, 502, 503, 504]);

class Busy extends Error {
  readonly response: Response;

  constructor(response: Response) {
    super(`HTTP ${response.status}`);
    this.response = response;
  }
}

/** `fetch`, or what stands for it, that waits as `Retry-After` says, tries again with growing pauses, and gives up after the timeout or an abort. `untilHeaders` lets a body that is read bit by bit take its time. */
export function patientFetch(
  fetch: typeof globalThis.fetch,
  { timeout_ms, retries_max, retry_pause_ms }: Patience,
  { untilHeaders = false } = {},
): typeof globalThis.fetch {
  return async (url, init) => {
    const { signal, ...rest } = (init ?? {}) as Init;
    const given = signal ?? undefined;
    const attempt = async () => {
      const headersTimeout = untilHeaders ? new AbortController() : undefined;
      const timer =
        headersTimeout &&
        setTimeout(
          () => headersTimeout.abort(new DOMException(`nothing came for ${timeout_ms} ms`, "TimeoutError")),
          timeout_ms,
        );
      const timeout = headersTimeout?.signal ?? AbortSignal.timeout(timeout_ms);
      const response = await fetch(url, {
        ...rest,
        signal: given ? AbortSignal.any([given, timeout]) : timeout,
      }).finally(() => clearTimeout(timer));
      if (passing.has(response.status)) throw new Busy(response);
      return response;
    };
    try {
      return await pRetry(attempt, {
        retries: retries_max,
        minTimeout: retry_pause_ms,
        randomize: true,
        ...(given && { signal: given }),
        shouldRetry: () => !given?.aborted,
        onFailedAttempt: ({ error, retriesLeft }) =>
          retriesLeft > 0 && error instanceof Busy ? pause(error.response, given) : undefined,
      });
    } catch (error) {
      // Out of patience: the last answer says why.
      if (error instanceof Busy) return error.response;
      throw error;
    }
  };
}

/** The longest time that a timer takes. */
const timerMsMax = 2 ** 31 - 1;

/** Waits for the seconds that `Retry-After` names. */
async function pause(response: Response, signal: AbortSignal | undefined): Promise<void> {
  const seconds = Number(response.headers.get("retry-after"));
  if (seconds > 0) await pauseFor(seconds * 1000, signal);
}

/** Waits; an abort rejects with the signal's reason. */
export async function pauseFor(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(resolve, Math.min(ms, timerMsMax));
    signal?.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        reject(signal.reason as Error);
      },
      { once: true },
    );
  });
}
