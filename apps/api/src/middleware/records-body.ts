import type { IncomingMessage } from "node:http";
import { ingestMax } from "@moja/contracts";
import { NdjsonLine } from "@moja/store";
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

/** Reads the body of pushed records: JSON or NDJSON, compressed or not, up to the limit. */
export const recordsBody: RequestHandler[] = [
  express.json({ limit: ingestMax.bytes }),
  express.raw({ type: isNdjson, limit: ingestMax.bytes }),
  parseLines,
];
