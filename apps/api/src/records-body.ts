import { ingestMax } from "@moja/contracts";
import { JsonLine } from "@moja/store";
import express, { type RequestHandler } from "express";

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
export const recordsBody: RequestHandler[] = [express.json({ limit: ingestMax.bytes }), express.raw({ type: "application/x-ndjson", limit: ingestMax.bytes }), fromLines];
