import type { IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import { ApiError, ingestMax } from "@moja/contracts";
import type { BodyLimit } from "@moja/router";
import type { Request, RequestHandler } from "express";

/** How many bytes of unpacked bodies all requests of the process may hold together. */
const heldBytesMax = 16 * ingestMax.bytes;

/** How many bytes of unpacked bodies they hold now. */
let heldBytes = 0;

/** The compressions by the names that `bodyHeaders` gives them. */
const unpackers: Record<string, () => ReturnType<typeof createGunzip | typeof createBrotliDecompress>> = {
  gzip: createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

/**
 * Reads a body into `request.body` as bytes, unpacking it as it arrives. It stops at the limit, whatever the body would
 * unpack to, and answers 503 where the bodies of all requests together would be too much.
 */
export function readBody(limitOf: (request: Request) => BodyLimit): RequestHandler {
  return async (request, response, next) => {
    const { bytes: bytesMax, detail } = limitOf(request);
    const tooLarge = () => new ApiError("payload_too_large", detail);
    let bytes = 0;
    response.once("close", () => (heldBytes -= bytes));
    const hold = (count: number) => {
      bytes += count;
      heldBytes += count;
      if (bytes > bytesMax) throw tooLarge();
      if (heldBytes > heldBytesMax) throw new ApiError("unavailable", "Too much is being sent at once.");
    };
    if (Number(request.headers["content-length"] ?? 0) > bytesMax) throw tooLarge();
    // Who waits for this word sends no body that is refused.
    if (/^100-continue$/i.test(request.headers.expect ?? "")) response.writeContinue();
    request.body = await collect(request, hold);
    next();
  };
}

/** Collects what a body unpacks to. The rest of one that is refused is dropped, so that its sender reads the answer. */
async function collect(request: IncomingMessage, hold: (count: number) => void): Promise<Buffer> {
  const unpacked = unpack(request);
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of unpacked.iterator({ destroyOnReturn: false })) {
      hold(chunk.length);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  } catch (error) {
    request.unpipe().resume();
    if (unpacked !== request) unpacked.destroy();
    if (error instanceof ApiError) throw error;
    const reason = error instanceof Error ? error.message : "it is malformed";
    throw new ApiError("invalid_request", `The request could not be read: ${reason}.`);
  }
}

/** The body as it was before it was compressed. */
function unpack(request: IncomingMessage): Readable {
  const unpacker = unpackers[request.headers["content-encoding"] ?? ""]?.();
  if (!unpacker) return request;
  // A pipe says nothing of a request that breaks off.
  request.once("close", () => request.complete || unpacker.destroy(new Error("it broke off")));
  return request.pipe(unpacker);
}
