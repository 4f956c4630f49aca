import type { IncomingMessage } from "node:http";
import { ingestMax } from "@moja/contracts";
import { JsonLine } from "@moja/store";
import express, { type RequestHandler } from "express";

/** NDJSON is UTF-8, like all JSON (RFC 8259); another charset is refused as another type. */
const isLines = ({ headers }: IncomingMessage) =>
  /^application\/x-ndjson *(;(?!.*charset *= *(?!"?utf-8"? *(;|$))).*)?$/i.test(headers["content-type"] ?? "");

/** One record a line, each read by itself: a line that is no JSON is refused alone. The adapter takes it from there as JSON. */
const fromLines: RequestHandler = (request, _response, next) => {
  const bytes: unknown = request.body;
  if (Buffer.isBuffer(bytes)) {
    request.body = { records: JsonLine.all(bytes) };
    request.headers["content-type"] = "application/json";
  }
  next();
};

/** Reads the body of pushed records: JSON or one record a line, gzipped or not, up to the limit. */
export const recordsBody: RequestHandler[] = [
  express.json({ limit: ingestMax.bytes }),
  express.raw({ type: isLines, limit: ingestMax.bytes }),
  fromLines,
];
