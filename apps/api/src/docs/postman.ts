import { readFileSync } from "node:fs";
import type { RequestHandler } from "express";
import { serverOrigin } from "./server-origin.ts";

type Collection = { variable: { key: string; value: string }[] };

const collection: Collection = JSON.parse(readFileSync(new URL("../../postman.json", import.meta.url), "utf8"));

/** Serves the Postman collection with this server's URL, so that a partner imports it, pastes a key and sends. */
export const postman: RequestHandler = (request, response) => {
  const variable = collection.variable.map((each) =>
    each.key === "baseUrl" ? { ...each, value: serverOrigin(request) } : each,
  );
  response.attachment("moja-reporting-api.postman_collection.json").json({ ...collection, variable });
};
