import { createKey } from "@moja/store";
import type { Harness } from "./harness.ts";

/** Pushes the JSON of records over HTTP, as a producer does; all of them must be accepted. */
export async function pushed(api: Harness, organization_id: string, records: string): Promise<void> {
  const key = await createKey(api.database, { organization_id: null, name: "producer", scopes: ["ingest:write"] });
  const answer = await fetch(`${api.url}/v1/ingest`, {
    method: "POST",
    headers: { "X-API-Key": key, "X-Organization-Id": organization_id, "Content-Type": "application/json" },
    body: `{"records":${records}}`,
  });
  const receipt = (await answer.json()) as { refused?: unknown[] };
  if (receipt.refused?.length !== 0) throw new Error(`Not accepted: ${JSON.stringify(receipt).slice(0, 2000)}`);
}
