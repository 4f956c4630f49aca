import type { IncomingMessage } from "node:http";
import { MIMEType } from "node:util";
import { ApiError } from "@moja/contracts";
import { bodyTypeDetail, type recordsForms } from "@moja/router";
import type { RequestHandler } from "express";

/** The forms of a body. */
type Form = (typeof recordsForms)[number];

/** The media types of each form, by the names that senders give them. */
const formTypes: Record<Form, RegExp> = {
  "application/json": /^(application\/json|text\/json|application\/[\w.-]+\+json)$/,
  "application/x-ndjson": /^(application|text)\/(x-)?(ndjson|jsonl|jsonlines|json-lines)$/,
};

/** JSON is UTF-8 (RFC 8259), of which ASCII is a part. */
const charsets = new Set(["utf-8", "utf8", "us-ascii", "ascii"]);

/** The names of a compression, and the one that the parsers know it by. */
const encodings: Record<string, string> = { "x-gzip": "gzip", gzip: "gzip", deflate: "deflate", br: "br" };

/**
 * Reads the headers of a body: its form, charset and compression. What is known by several names gets the one that the
 * parsers know; what is not taken is refused by name, together with what is. `forms` and `compressed` say what a route
 * takes.
 */
export function bodyHeaders({ forms, compressed }: { forms: readonly Form[]; compressed: boolean }): RequestHandler {
  return (request, _response, next) => {
    const { headers } = request;
    if (hasBody(request)) {
      headers["content-type"] = formOf(headers["content-type"], forms);
      headers["content-encoding"] = encodingOf(headers["content-encoding"], compressed);
    }
    next();
  };
}

/** Whether a request says that it has a body. */
export function hasBody({ headers }: IncomingMessage): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}

function formOf(header: string | undefined, forms: readonly Form[]): Form {
  const { essence, charset } = parse(header);
  const form = forms.find((each) => formTypes[each].test(essence));
  if (!form) throw new ApiError("unsupported_media_type", bodyTypeDetail(header, forms));
  if (!charsets.has(charset)) throw unsupported(`\`charset=${charset}\` is not taken`, "send UTF-8, as all JSON is");
  return form;
}

function parse(header = ""): { essence: string; charset: string } {
  try {
    const { essence, params } = new MIMEType(header);
    return { essence, charset: (params.get("charset") ?? "utf-8").toLowerCase() };
  } catch {
    return { essence: "", charset: "utf-8" };
  }
}

function encodingOf(header = "identity", compressed: boolean): string | undefined {
  const name = header.trim().toLowerCase();
  if (name === "identity" || name === "") return undefined;
  const encoding = compressed ? encodings[name] : undefined;
  if (encoding === undefined)
    throw unsupported(
      `\`Content-Encoding: ${header}\` is not taken`,
      compressed ? "send the body as gzip, deflate or br, or as it is" : "send the body as it is",
    );
  return encoding;
}

function unsupported(what: string, remedy: string): ApiError {
  return new ApiError("unsupported_media_type", `${what}: ${remedy}.`);
}
