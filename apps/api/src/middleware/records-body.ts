import type { IncomingMessage } from "node:http";
import { ApiError, ingestMax } from "@moja/contracts";
import { encodingIssue, NdjsonLine, rejectInexactRecords } from "@moja/store";
import express, { type RequestHandler } from "express";

/** Whether the body is NDJSON. It is UTF-8, like all JSON (RFC 8259); another charset counts as another type. */
const isNdjson = ({ headers }: IncomingMessage) =>
  /^application\/x-ndjson *(;(?!.*charset *= *(?!"?utf-8"? *(;|$))).*)?$/i.test(headers["content-type"] ?? "");

/** Splits NDJSON into lines that are parsed one by one, so that invalid JSON fails only its line; then it is JSON. */
const parseLines: RequestHandler = (request, _response, next) => {
  const bytes: unknown = request.body;
  if (Buffer.isBuffer(bytes)) {
    request.body = { records: NdjsonLine.split(bytes) };
    request.headers["content-type"] = "application/json";
  }
  next();
};

/** The bytes of JSON bodies, until they are parsed. */
const bodies = new WeakMap<IncomingMessage, Buffer>();

/** Keeps the bytes of a JSON body. Throws where they are not in the encoding that the request names. */
// oxlint-disable-next-line max-params -- body-parser calls it with the encoding in the fourth place
function keepBytes(request: IncomingMessage, _response: unknown, bytes: Buffer, encoding: string): void {
  const issue = encoding === "utf-8" ? encodingIssue(bytes) : undefined;
  if (issue !== undefined) throw new ApiError("invalid_request", `The body ${issue}.`);
  bodies.set(request, bytes);
}

/** Compares the parsed JSON with its text: a record that says more than a value can hold fails by itself. */
const rejectInexact: RequestHandler = (request, _response, next) => {
  const bytes = bodies.get(request);
  bodies.delete(request);
  const issues = bytes ? rejectInexactRecords(request.body, bytes.toString()) : [];
  next(issues.length > 0 ? new ApiError("invalid_request", undefined, issues) : undefined);
};

/** Reads the body of pushed records: JSON or NDJSON, compressed or not, up to the limit. */
export const recordsBody: RequestHandler[] = [
  express.json({ limit: ingestMax.bytes, verify: keepBytes }),
  rejectInexact,
  express.raw({ type: isNdjson, limit: ingestMax.bytes }),
  parseLines,
];
