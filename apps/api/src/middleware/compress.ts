import { constants } from "node:zlib";
import compression from "compression";
import type { RequestHandler } from "express";

const compressor = compression({
  // Everything that this server answers is text, also where a registry of types does not know it.
  filter: () => true,
  level: constants.Z_BEST_SPEED,
  brotli: { params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MIN_QUALITY + 1 } },
});

/**
 * Compresses answers of 1 KiB and more for who accepts it. A caller over HTTP/1.0 gets them as they are: compressed they
 * would have no length, by which it notices one that broke off.
 */
export const compress: RequestHandler = (request, response, next) => {
  if (request.httpVersion === "1.0") next();
  else compressor(request, response, next);
};
