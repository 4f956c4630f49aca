import type { IncomingMessage } from "node:http";
import { ingestMax } from "@moja/contracts";
import { NdjsonLine } from "@moja/store";
import express, { type RequestHandler } from "express";

/** NDJSON is UTF-8, like all JSON (RFC 8259); another charset is refused as another type. */
const isNdjson = ({ headers }: IncomingMessage) =>
  /^application\/x-ndjson *(;(?!.*charset *= *(?!"?utf-8"? *(;|$))).*)?$/i.test(headers["content-type"] ?? "");

/** One record a line, each read by itself: a line that is no JSON is refused alone. The adapter takes it from there as JSON. */
const parseLines: RequestHandler = (request, _response, next) => {
  const bytes: unknown = request.body;
  if (Buffer.isBuffer(bytes)) {
    request.body = { records: NdjsonLine.split(bytes) };
    request.headers["content-type"] = "application/json";
  }
  next();
};

/** Reads the body of pushed records: JSON or one record a line, gzipped or not, up to the limit. */
export const recordsBody: RequestHandler[] = [
  express.json({ limit: ingestMax.bytes }),
  express.raw({ type: isNdjson, limit: ingestMax.bytes }),
  parseLines,
];
