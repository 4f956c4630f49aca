import type { IncomingMessage } from "node:http";
import { ApiError, apiKeyHeader, isKeyParameter } from "@moja/contracts";

type Presenting = { headers: IncomingMessage["headers"] };

/** The API key that a request presents, in `X-API-Key` or as a Bearer token. */
export function presentedKey({ headers }: Presenting): string | undefined {
  const [, bearer] = /^bearer\s+(.+)$/i.exec(headers.authorization ?? "") ?? [];
  return firstOf(headers[apiKeyHeader.toLowerCase()]) ?? bearer?.trim();
}

/** The error for a request that presents no key, in words about what it has in its place. Repeats no value. */
export function missingKeyError({ headers }: Presenting, url: string): ApiError {
  const send = `send the key in the header \`${apiKeyHeader}\` (or \`Authorization: Bearer <key>\`)`;
  const name = [...new URL(url, "http://localhost").searchParams.keys()].find(isKeyParameter);
  if (name !== undefined)
    return missing(
      `\`${name}\` in the URL is not taken, because URLs end up in logs: ${send}. ` +
        "If it was a real key, have it replaced.",
    );
  const { authorization } = headers;
  if (authorization === undefined) return missing();
  const [scheme = "", ...rest] = authorization.trim().split(/\s+/);
  if (/^bearer$/i.test(scheme)) return missing(`The header \`Authorization\` has nothing after \`Bearer\`: ${send}.`);
  if (rest.length === 0) return missing(`The header \`Authorization\` has no \`Bearer\` before its key: ${send}.`);
  const named = /^[A-Za-z][A-Za-z0-9-]{0,19}$/.test(scheme) ? `\`${scheme}\`` : "its scheme";
  return missing(`The header \`Authorization\` takes \`Bearer\`, not ${named}: ${send}.`);
}

function missing(detail?: string): ApiError {
  return new ApiError("missing_api_key", detail);
}

/** The first value of a header. */
export function firstOf(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
