import { ApiError } from "@moja/contracts";
import type { Request } from "express";

/** The address of this server as the caller wrote it, for what people copy from the documentation. */
export function serverOrigin({ protocol, host }: Request): string {
  if (!/^[\w.:[\]-]+$/.test(host)) throw new ApiError("invalid_request", "The header `Host` is not valid.");
  return `${protocol}://${host}`;
}
