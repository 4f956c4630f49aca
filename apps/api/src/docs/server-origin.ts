import { Refusal } from "@moja/contracts";
import type { Request } from "express";

/** The address of this server as the caller wrote it, for what people copy from the documentation. */
export function originOf({ protocol, host }: Request): string {
  if (!/^[\w.:[\]-]+$/.test(host)) throw new Refusal("invalid_request", "The header `Host` is not valid.");
  return `${protocol}://${host}`;
}
