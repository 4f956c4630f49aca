import { timingSafeEqual } from "node:crypto";
import { ApiError } from "@moja/contracts";
import { z } from "zod";
import type { TenantScope } from "../tenant-scope.ts";

/** Where a page ended: the window, and the last row's time and id. */
export type Position = { from: number; to: number; at: number; id: string };

/** What a cursor is valid for: the list of an organization, by its path, order and filters. */
export type CursorBinding = { tenant: TenantScope; of: readonly unknown[] };

const version = 2;

/** The times that a JavaScript date can have. */
const Time = z.int().min(-8.64e15).max(8.64e15);

const Envelope = z.tuple([z.string(), z.string()]);
const Payload = z.tuple([z.literal(version), Time, Time, Time, z.string().max(512)]);

/**
 * Encodes a position as an opaque text that is valid only for its list, signed by the organization's secret: a position
 * that this server has not given out is none.
 */
export async function encodeCursor(position: Position, binding: CursorBinding): Promise<string> {
  const { from, to, at, id } = position;
  const payload = JSON.stringify([version, from, to, at, id]);
  return Buffer.from(JSON.stringify([payload, await signature(payload, binding)])).toString("base64url");
}

/** Decodes a cursor. Throws `invalid_cursor` when it was made for another list or was changed. */
export async function decodeCursor(cursor: string, binding: CursorBinding): Promise<Position> {
  const [payload, signed] = parseEnvelope(cursor);
  const [given, expected] = [Buffer.from(signed), Buffer.from(await signature(payload, binding))];
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) throw invalidCursor();
  const parsed = Payload.safeParse(JSON.parse(payload));
  if (!parsed.success) throw invalidCursor();
  const [, from, to, at, id] = parsed.data;
  return { from, to, at, id };
}

function parseEnvelope(cursor: string): [payload: string, signature: string] {
  try {
    return Envelope.parse(JSON.parse(Buffer.from(cursor, "base64url").toString("utf8")));
  } catch {
    throw invalidCursor();
  }
}

function signature(payload: string, { tenant, of }: CursorBinding): Promise<string> {
  return tenant.sign(JSON.stringify(["cursor", payload, of]));
}

function invalidCursor(): ApiError {
  return new ApiError("invalid_cursor", undefined, [
    { path: "cursor", message: "belongs to another list, organization, order or filters, or is damaged" },
  ]);
}
