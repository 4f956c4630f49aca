/** How many redirections a request follows. */
const redirectionsMax = 5;

/** The statuses that repeat a request elsewhere as it is; after the others a POST would lose its body. */
const repeatingStatuses = new Set([307, 308]);
const redirectingStatuses = new Set([301, 302, 303, ...repeatingStatuses]);

/** Thrown for a redirection that is not followed. Another try would be redirected alike. */
export class RedirectionError extends Error {
  override name = "RedirectionError";
}

/**
 * Wraps `fetch` so that the key stays with the API that it is of: redirections are followed within its origin only.
 * `fetch` itself sends every header but `Authorization` on to wherever it is redirected.
 */
export function withinOwnOrigin(fetch: typeof globalThis.fetch): typeof globalThis.fetch {
  return async (input, init) => {
    let url = new URL(input instanceof Request ? input.url : input);
    for (let redirections = 0; ; redirections++) {
      const response = await fetch(url.href, { ...init, redirect: "manual" });
      // Browsers do not tell where a redirection leads.
      if (response.type === "opaqueredirect") throw new RedirectionError("it redirects, which is not followed");
      const location = response.headers.get("location");
      if (location === null || !redirectingStatuses.has(response.status)) return response;
      await response.body?.cancel();
      const next = new URL(location, url);
      rejectRedirection(url, next, repeatingStatuses.has(response.status) || init?.method !== "POST");
      if (redirections === redirectionsMax)
        throw new RedirectionError(`it redirects more than ${redirectionsMax} times`);
      url = next;
    }
  };
}

function rejectRedirection(from: URL, to: URL, isRepeated: boolean): void {
  if (to.origin !== from.origin)
    throw new RedirectionError(
      `it redirects to ${to.origin}, where the key is not sent: if that is the API, give it as \`url\``,
    );
  if (!isRepeated)
    throw new RedirectionError("it redirects what was posted to where it would be read without its body");
}
