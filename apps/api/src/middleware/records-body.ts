import type { IncomingMessage } from "node:http";
import { ApiError, ingestMax } from "@moja/contracts";
import { recordsForms } from "@moja/router";
import { encodingIssue, NdjsonLine, rejectInexactRecords } from "@moja/store";
import express, { type RequestHandler } from "express";
import { bodyHeaders } from "./body-headers.ts";

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
  bodyHeaders({ forms: recordsForms, compressed: true }),
  express.json({ limit: ingestMax.bytes, verify: keepBytes }),
  rejectInexact,
  express.raw({ type: "application/x-ndjson", limit: ingestMax.bytes }),
  parseLines,
];

/** Checks the headers of a body that tRPC reads by itself. */
export const trpcBody = bodyHeaders({ forms: ["application/json"], compressed: false });
