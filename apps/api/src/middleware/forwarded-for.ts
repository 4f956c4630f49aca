import { isIP } from "node:net";
import type { RequestHandler } from "express";

const header = "x-forwarded-for";

/**
 * Takes the ports off the addresses in `X-Forwarded-For`, which some proxies add: each connection of a caller would
 * otherwise count as another address.
 */
export const forwardedFor: RequestHandler = (request, _response, next) => {
  const given = request.headers[header];
  if (given !== undefined) request.headers[header] = String(given).split(",").map(withoutPort).join(", ");
  next();
};

/** `203.0.113.9:1001`, `[2001:db8::1]:443` and `"[2001:db8::1]"` as addresses; anything else as it is. */
function withoutPort(entry: string): string {
  const text = entry.trim().replace(/^"(.*)"$/, "$1");
  const [, bracketed, plain] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d+)?$/.exec(text) ?? [];
  const address = bracketed ?? plain ?? text;
  return isIP(address) > 0 ? address : text;
}
