import { createHash } from "node:crypto";
import { ApiError } from "@moja/contracts";

/** Where a page ended: the window, and the last row's time and id. */
export type Position = { from: number; to: number; at: number; id: string };

const version = 1;

/** A position as an opaque text, bound to its list: the report, organization, order and filters. */
export function encodeCursor(position: Position, binding: unknown): string {
  const { from, to, at, id } = position;
  const payload = JSON.stringify([version, from, to, at, id]);
  return Buffer.from(JSON.stringify([payload, checksum(payload, binding)])).toString("base64url");
}

/** The position that a cursor holds; refused when the cursor was made for another list or was changed. */
export function decodeCursor(cursor: string, binding: unknown): Position {
  try {
    const [payload, given] = JSON.parse(Buffer.from(cursor, "base64url").toString("utf8")) as [string, string];
    if (given === checksum(payload, binding)) {
      const [, from, to, at, id] = JSON.parse(payload) as [number, number, number, number, string];
      return { from, to, at, id };
    }
  } catch {
    // Not even of a cursor's form: refused below like any other.
  }
  throw new ApiError("invalid_cursor", undefined, [
    { path: "cursor", message: "belongs to another list, organization, order or filters, or is damaged" },
  ]);
}

function checksum(payload: string, binding: unknown): string {
  return createHash("sha256")
    .update(JSON.stringify([payload, binding]))
    .digest("base64url")
    .slice(0, 16);
}
