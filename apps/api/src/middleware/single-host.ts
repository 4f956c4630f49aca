import { ApiError } from "@moja/contracts";
import type { RequestHandler } from "express";

/**
 * Refuses a request with two `Host` headers, or with none over HTTP/1.1 (RFC 9112, 3.2): a proxy in front may have read
 * another one than this server does.
 */
export const singleHost: RequestHandler = ({ httpVersion, rawHeaders }, _response, next) => {
  const hosts = rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === "host").length;
  const isSound = hosts === 1 || (hosts === 0 && httpVersion === "1.0");
  next(isSound ? undefined : new ApiError("invalid_request", "A request has exactly one header `Host`."));
};
