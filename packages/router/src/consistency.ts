import { timingSafeEqual } from "node:crypto";
import { ApiError, consistencyHeader } from "@moja/contracts";
import { committedPosition, keyedHashOf, type Organization } from "@moja/store";
import type { Caller, Context } from "./context.ts";

/** A token: a position in the log of changes, and the organization's signature. */
const tokenFormat = /^([0-9A-F]{16})\.([\w-]{22})$/;

/**
 * The position that a read must see, by the token that it sends; undefined without one. A token that was not given to
 * this organization is refused: with a position of its own making, anybody could keep reads away from the replica.
 */
export function requiredPosition({ presented }: Context, { organization }: Caller): string | undefined {
  const { consistency } = presented;
  if (consistency === undefined) return undefined;
  const [, position = "", signature = ""] = tokenFormat.exec(consistency) ?? [];
  const expected = signatureOf(position, organization);
  if (signature.length !== expected.length || !timingSafeEqual(Buffer.from(signature), Buffer.from(expected)))
    throw new ApiError("invalid_request", undefined, [
      { path: consistencyHeader, message: "is no token that this organization got in an answer to pushed records" },
    ]);
  return position;
}

/** Notes the token of what a request has written. Of several calls of a batch the latest stays. */
export async function noteWritten({ database, written }: Context, { organization }: Caller): Promise<void> {
  const position = await committedPosition(database);
  if (position === undefined) return;
  const token = `${position}.${signatureOf(position, organization)}`;
  if (written.token === undefined || token > written.token) written.token = token;
}

function signatureOf(position: string, organization: Organization): string {
  return keyedHashOf(organization).signature(JSON.stringify(["consistency", position]));
}
