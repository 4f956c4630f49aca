import { once } from "node:events";
import { Agent, request, type IncomingMessage } from "node:http";
import type { Database } from "@moja/store";

/** More rows than the sockets between server and reader take: the export of these is under way until it is read. */
export const rows = 30_000;
export const exportPath = "/v1/exports/call-logs?from=2026-05-01&to=2026-06-01&format=ndjson";

/** An export whose reader stops after the first bytes, until `goOn`. */
export async function readSlowly({ url }: { url: string }, key: string) {
  const sent = request(url + exportPath, {
    agent: new Agent({ keepAlive: true }),
    headers: { "X-API-Key": key },
  }).end();
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  sent.on("error", () => undefined);
  response.on("error", () => undefined);
  const closed = new Promise((resolve) => response.once("close", resolve));
  const chunks: Buffer[] = [];
  await once(response, "readable");
  return {
    stop: () => sent.destroy(),
    goOn: async () => {
      response.on("data", (chunk: Buffer) => void chunks.push(chunk));
      await closed;
      return {
        complete: response.complete,
        rows: response.trailers["x-export-rows"],
        text: Buffer.concat(chunks).toString(),
      };
    },
  };
}

/** Copies the only call, of all or of an organization, until there are enough. */
export async function fill(database: Database, organization_id?: string, count = rows): Promise<void> {
  const isPostgres = database.client.config.client === "pg";
  const columns = Object.keys(await database("calls").first("*"));
  const values = columns.map((name) => (name === "call_log_id" ? "call_log_id || '_' || n" : name)).join(", ");
  const numbers = isPostgres
    ? `generate_series(1, ${count - 1}) as copies(n)`
    : `(with recursive copies(n) as (select 1 union all select n + 1 from copies where n < ${count - 1})
        select n from copies)`;
  const only = organization_id === undefined ? "" : `where organization_id = '${organization_id}'`;
  await database.raw(`insert into calls (${columns.join(", ")}) select ${values} from calls, ${numbers} ${only}`);
}
