import { fileURLToPath } from "node:url";
import { getHttpOperationsFromSpec } from "@stoplight/prism-http";
import { createServer } from "@stoplight/prism-http-server";
import { pino } from "pino";

const operations = getHttpOperationsFromSpec(
  fileURLToPath(new URL("../../packages/router/openapi.json", import.meta.url)),
);
const proxies = new Map<string, Promise<string>>();

/**
 * Stoplight Prism before a running API: it hands every request on, and notes where a request or its answer is not as
 * the document says.
 */
export function prismProxyFor(url: string): Promise<string> {
  const proxy = proxies.get(url) ?? start(url);
  proxies.set(url, proxy);
  return proxy;
}

async function start(url: string): Promise<string> {
  const config = {
    isProxy: true,
    upstream: new URL(url),
    upstreamProxy: undefined,
    checkSecurity: true,
    validateRequest: true,
    validateResponse: true,
    errors: false,
    mock: { dynamic: false },
  } as const;
  const server = createServer(await operations, {
    cors: false,
    config,
    components: { logger: pino({ level: "silent" }) },
  });
  return server.listen(0, "127.0.0.1");
}

/** What Prism found: nothing may be wrong with an answer, and nothing with a request that was answered. */
export function violations({ ok, headers }: Response): string[] {
  const header = headers.get("sl-violations") ?? "[]";
  // Of a request with very many faults, which was rightly refused, it only says that they are too many.
  if (!header.startsWith("[")) return ok ? [header] : [];
  const found = JSON.parse(header) as { location: string[]; message: string }[];
  return found
    .filter(({ location }) => ok || location[0] !== "request")
    .map(({ location, message }) => `${location.join(".")}: ${message}`);
}

/**
 * Whether Prism hands a request on as it is: it writes commas anew, loses `__proto__`, and hangs on what is malformed
 * or packed.
 */
export function canForward(path: string, { body, headers }: RequestInit): boolean {
  const isPlain =
    body === undefined ||
    (typeof body === "string" &&
      /^\{.{1,100000}\}$/s.test(body) &&
      new Headers(headers).get("content-type") === "application/json");
  return isPlain && !/,|%2c|__proto__|%zz/i.test(path);
}
