import { ApiError } from "@moja/contracts";
import type { Request } from "express";

/**
 * This server's URL as the caller wrote it, for samples that people copy from the documentation. It is read off `Host`
 * alone: `X-Forwarded-Host` is whatever a caller sends through a proxy that does not set it.
 */
export function serverOrigin({ protocol, headers: { host = "" } }: Request): string {
  if (!/^[\w.:[\]-]+$/.test(host)) throw new ApiError("invalid_request", "The header `Host` is not valid.");
  return `${protocol}://${host}`;
}
