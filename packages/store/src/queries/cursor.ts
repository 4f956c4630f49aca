import { hash } from "node:crypto";
import { ApiError } from "@moja/contracts";
import { z } from "zod";

/** Where a page ended: the window, and the last row's time and id. */
export type Position = { from: number; to: number; at: number; id: string };

const version = 1;

const Envelope = z.tuple([z.string(), z.string()]);
const Payload = z.tuple([z.number(), z.number(), z.number(), z.number(), z.string()]);

/**
 * Encodes a position as an opaque text that is valid only for its list: the report, organization, order and filters.
 */
export function encodeCursor(position: Position, binding: unknown): string {
  const { from, to, at, id } = position;
  const payload = JSON.stringify([version, from, to, at, id]);
  return Buffer.from(JSON.stringify([payload, checksum(payload, binding)])).toString("base64url");
}

/** Decodes a cursor. Throws `invalid_cursor` when it was made for another list or was changed. */
export function decodeCursor(cursor: string, binding: unknown): Position {
  try {
    const [payload, sum] = Envelope.parse(JSON.parse(Buffer.from(cursor, "base64url").toString("utf8")));
    if (sum === checksum(payload, binding)) {
      const [, from, to, at, id] = Payload.parse(JSON.parse(payload));
      return { from, to, at, id };
    }
  } catch {
    // Malformed: rejected below like any other cursor.
  }
  throw new ApiError("invalid_cursor", undefined, [
    { path: "cursor", message: "belongs to another list, organization, order or filters, or is damaged" },
  ]);
}

function checksum(payload: string, binding: unknown): string {
  return hash("sha256", JSON.stringify([payload, binding]), "base64url").slice(0, 16);
}
