import { ingestMax } from "@moja/contracts";
import express, { type RequestHandler } from "express";

/** One record a line, each read by itself: a line that is no JSON is refused alone. The adapter takes it from there as JSON. */
const fromLines: RequestHandler = (request, _response, next) => {
  const text: unknown = request.body;
  if (typeof text === "string") {
    const lines = text.split("\n").map((line) => line.trim()).filter((line) => line !== "");
    request.body = { records: lines.map(readLine) };
    request.headers["content-type"] = "application/json";
  }
  next();
};

function readLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    return error;
  }
}

/** Reads the body of pushed records: JSON or one record a line, gzipped or not, up to the limit. */
export const recordsBody: RequestHandler[] = [express.json({ limit: ingestMax.bytes }), express.text({ type: "application/x-ndjson", limit: ingestMax.bytes }), fromLines];
