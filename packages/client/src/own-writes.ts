import { consistencyHeader } from "@moja/contracts";
import { problemIn } from "./errors.ts";

/**
 * Wraps `fetch` so that what is read shows what was pushed before: the latest token of an answer goes with every
 * request. A token that the API does not know, because its database is another one by now, is given up.
 */
export function withOwnWrites(fetch: typeof globalThis.fetch): typeof globalThis.fetch {
  let token: string | undefined;
  return async (input, init) => {
    const sent = token;
    if (sent === undefined) return note(await fetch(input, init));
    const headers = new Headers(init?.headers);
    headers.set(consistencyHeader, sent);
    const response = note(await fetch(input, { ...init, headers }));
    if (!(await refusesToken(response))) return response;
    await response.body?.cancel();
    if (token === sent) token = undefined;
    return note(await fetch(input, init));
  };

  function note(response: Response): Response {
    const given = response.headers.get(consistencyHeader);
    // Answers to concurrent requests come in any order.
    if (given !== null && (token === undefined || given > token)) token = given;
    return response;
  }
}

async function refusesToken(response: Response): Promise<boolean> {
  if (response.status !== 400) return false;
  const body: unknown = await response
    .clone()
    .json()
    .catch(() => undefined);
  return problemIn(body)?.issues.some(({ path }) => path === consistencyHeader) === true;
}
