import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import type { Request, RequestHandler } from "express";
import { serverOrigin } from "./server-origin.ts";

/** A document of this server. One that takes the server's URL is made for each; any other is made once. */
export type ServedDocument = {
  /** Its type, as Express names it. */
  type: string;
  make: ((serverUrl: string) => string | Buffer) | (() => string | Buffer);
  cacheControl?: string;
};

/** A document as it was made, compressed when it is first asked for so. */
type Rendition = { etag: string; bodies: Map<Encoding, Promise<Buffer>> };

type Encoding = "br" | "gzip" | "identity";

const brotliParameters = { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } };
const compressors: Record<Encoding, (bytes: Buffer) => Promise<Buffer>> = {
  br: (bytes) => promisify(brotliCompress)(bytes, brotliParameters),
  gzip: promisify(gzip),
  identity: async (bytes) => bytes,
};

/** The most URLs of this server for which a document is kept: callers choose them, unless `PUBLIC_URL` says one. */
const renditionsMax = 4;

/** How long caches keep a document: it changes with the version of the server only. */
const usualCacheControl = "public, max-age=300";

/**
 * Answers a document: made and compressed once, and not sent again to who has it. `publicUrl` is the URL by which
 * the server is known, empty where it is that of the request.
 */
export function documentHandler(publicUrl: string, document: ServedDocument): RequestHandler {
  const { type, make, cacheControl = usualCacheControl } = document;
  const renditions = new Map<string, Rendition>();
  const renditionFor = (request: Request) => {
    const serverUrl = make.length === 0 ? "" : publicUrl || serverOrigin(request);
    const rendition = renditions.get(serverUrl) ?? render(make(serverUrl));
    if (!renditions.has(serverUrl) && renditions.size === renditionsMax) renditions.clear();
    renditions.set(serverUrl, rendition);
    return rendition;
  };
  return async (request, response) => {
    const { etag, bodies } = renditionFor(request);
    const encoding = encodingFor(request);
    const identity = await bodies.get("identity");
    if (!identity) throw new Error("A document has a body");
    const body = bodies.get(encoding) ?? compressors[encoding](identity);
    bodies.set(encoding, body);
    response
      .type(type)
      .vary("Accept-Encoding")
      .set({ "Cache-Control": cacheControl, ETag: `"${etag}-${encoding}"` });
    if (encoding !== "identity") response.set("Content-Encoding", encoding);
    response.send(await body);
  };
}

function render(made: string | Buffer): Rendition {
  const bytes = Buffer.from(made);
  const etag = createHash("sha256").update(bytes).digest("base64url").slice(0, 22);
  return { etag, bodies: new Map([["identity", Promise.resolve(bytes)]]) };
}

/** The compression that the caller takes; none over HTTP/1.0, as elsewhere. */
function encodingFor(request: Request): Encoding {
  if (request.httpVersion === "1.0") return "identity";
  if (request.acceptsEncodings("br") === "br") return "br";
  return request.acceptsEncodings("gzip") === "gzip" ? "gzip" : "identity";
}
