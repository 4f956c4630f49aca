import { readFileSync } from "node:fs";

type Collection = { variable: { key: string; value: string }[] };

/** The Postman collection with this server's URL, so that a partner imports it, pastes a key and sends. */
export function postman(serverUrl: string): string {
  const collection: Collection = JSON.parse(readFileSync(new URL("../../postman.json", import.meta.url), "utf8"));
  const variable = collection.variable.map((each) => (each.key === "baseUrl" ? { ...each, value: serverUrl } : each));
  return JSON.stringify({ ...collection, variable });
}

/** The name under which it is saved. */
export const postmanFile = "moja-reporting-api.postman_collection.json";
