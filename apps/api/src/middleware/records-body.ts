import { ApiError } from "@moja/contracts";
import { ingestBodyLimit, queryBodyLimit, recordsForms } from "@moja/router";
import { encodingIssue, findInexact, NdjsonLine, rejectInexactRecords } from "@moja/store";
import type { RequestHandler } from "express";
import { bodyHeaders } from "./body-headers.ts";
import { readBody } from "./read-body.ts";

/**
 * Parses the bytes of pushed records. NDJSON is split into lines that are parsed one by one, so that invalid JSON fails
 * only its line; then it is JSON.
 */
const parseRecords: RequestHandler = (request, _response, next) => {
  const bytes = bytesOf(request.body);
  if (request.headers["content-type"] === "application/x-ndjson") {
    request.body = { records: NdjsonLine.split(bytes) };
    request.headers["content-type"] = "application/json";
  } else request.body = parseJson(bytes);
  next();
};

/** Parses a JSON body, and compares it with its text: a record that says more than a value can hold fails by itself. */
function parseJson(bytes: Buffer): unknown {
  const { body, text } = inRequest(textOf(bytes));
  const issues = rejectInexactRecords(body, findInexact(body, text));
  if (issues.length > 0) throw new ApiError("invalid_request", undefined, issues);
  return body;
}

/** A request with its text. What people send in place of one, a list of records or a record alone, is put into one. */
function inRequest(text: string): { body: object; text: string } {
  const sent = parseOrFail(text);
  if (Array.isArray(sent)) return { body: { records: sent }, text: `{"records":${text}}` };
  if ("kind" in sent && !("records" in sent)) return { body: { records: [sent] }, text: `{"records":[${text}]}` };
  return { body: sent, text };
}

function parseOrFail(text: string): object {
  try {
    const body: unknown = text === "" ? {} : JSON.parse(text);
    if (typeof body === "object" && body !== null) return body;
    throw new SyntaxError("it is no JSON object");
  } catch (error) {
    const reason = error instanceof SyntaxError ? error.message : "it is no JSON";
    throw new ApiError("invalid_request", `The request could not be read: ${reason}.`);
  }
}

/** The text of a body, without the byte order mark that some programs put at its start. */
function textOf(bytes: Buffer): string {
  const issue = encodingIssue(bytes);
  if (issue !== undefined) throw new ApiError("invalid_request", `The body ${issue}.`);
  return new TextDecoder().decode(bytes);
}

/** The bytes that `readBody` has left; none where there was no body. */
const bytesOf = (body: unknown) => (Buffer.isBuffer(body) ? body : Buffer.alloc(0));

/** Reads the body of pushed records: JSON or NDJSON, compressed or not, up to the limit. */
export const recordsBody: RequestHandler[] = [
  bodyHeaders({ forms: recordsForms, compressed: true }),
  readBody(() => ingestBodyLimit),
  parseRecords,
];

/** Reads the body of a tRPC request as text, which tRPC parses; records may be more than the input of a query. */
export const trpcBody: RequestHandler[] = [
  bodyHeaders({ forms: ["application/json"], compressed: false }),
  readBody(({ path }) => (path.includes("ingest.push") ? ingestBodyLimit : queryBodyLimit)),
  (request, _response, next) => {
    request.body = textOf(bytesOf(request.body));
    next();
  },
];
