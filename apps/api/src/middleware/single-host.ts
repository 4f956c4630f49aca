import { ApiError } from "@moja/contracts";
import type { RequestHandler } from "express";

/** The characters of a host and a port (RFC 3986, 3.2.2). */
const wellFormed = /^[A-Za-z0-9._~!$&'()*+,;=%:[\]-]*$/;

/**
 * Refuses a request with two `Host` headers, with none over HTTP/1.1, or with one that is no host (RFC 9112, 3.2): a
 * proxy in front may have read another one than this server does.
 */
export const singleHost: RequestHandler = ({ httpVersion, headers, rawHeaders }, _response, next) => {
  const hosts = rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === "host").length;
  const isSound = hosts === 1 || (hosts === 0 && httpVersion === "1.0");
  if (!isSound) next(new ApiError("invalid_request", "A request has exactly one header `Host`."));
  else if (!wellFormed.test(headers.host ?? "")) next(new ApiError("invalid_request", "The header `Host` is no host."));
  else next();
};
