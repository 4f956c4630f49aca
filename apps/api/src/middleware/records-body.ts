import { ingestMax } from "@moja/contracts";
import { recordsForms } from "@moja/router";
import { NdjsonLine } from "@moja/store";
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

/** Reads the body of pushed records: JSON or NDJSON, compressed or not, up to the limit. */
export const recordsBody: RequestHandler[] = [
  bodyHeaders({ forms: recordsForms, compressed: true }),
  express.json({ limit: ingestMax.bytes }),
  express.raw({ type: "application/x-ndjson", limit: ingestMax.bytes }),
  parseLines,
];

/** Checks the headers of a body that tRPC reads by itself. */
export const trpcBody = bodyHeaders({ forms: ["application/json"], compressed: false });
