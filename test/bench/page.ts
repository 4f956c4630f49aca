import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeDemo } from "@moja/demo";
import { createKey, openDatabase } from "@moja/store";
import { pino } from "pino";
import { createApp } from "../../apps/api/src/app.ts";
import { readSettings } from "../../apps/api/src/config.ts";

/**
 * How fast a page of 50 calls is answered, as a ratio to the least that any server would do: a query, and its rows as
 * JSON.
 */
const calls = Number(process.argv[2] ?? 20_000);
const rounds = 5;
const requestsPerRound = 400;
const atOnce = 8;

const folder = await mkdtemp(join(tmpdir(), "moja-bench-"));
const database = await openDatabase(`sqlite:${join(folder, "bench.sqlite")}`);
await writeDemo(database, { calls, now: Date.now() });
const key = await createKey(database, {
  organization_id: "org_demo_enterprise",
  name: "bench",
  scopes: ["reports:read", "pii:read"],
});

const bare = createServer(async (_request, response) => {
  const rows: unknown = await database.raw(
    "select * from calls where organization_id = ? and started_at < ? order by started_at desc, call_log_id desc limit 50",
    ["org_demo_enterprise", Date.now()],
  );
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify(rows));
}).listen(0, "127.0.0.1");
const app = createApp({
  database,
  settings: readSettings({ RATE_LIMIT_PER_IP: "0", RATE_LIMIT_PER_ENDPOINT: "0" }),
  logger: pino({ level: "silent" }),
}).listen(0, "127.0.0.1");
await Promise.all([once(bare, "listening"), once(app, "listening")]);

const address = (server: Server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const asked = {
  baseline: address(bare),
  REST: `${address(app)}/v1/call-logs?limit=50`,
  tRPC: `${address(app)}/trpc/callLogs.list?input=${encodeURIComponent('{"limit":50}')}`,
};
type Name = keyof typeof asked;
const rates: Record<Name, number[]> = { baseline: [], REST: [], tRPC: [] };
for (let round = 0; round <= rounds; round++) {
  for (const name of Object.keys(asked) as Name[]) {
    const rate = await requestsPerSecond(asked[name]);
    if (round > 0) rates[name].push(rate);
  }
}
const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
for (const name of Object.keys(asked) as Name[]) {
  const ratios = rates[name].map((rate, index) => rate / (rates.baseline[index] ?? rate));
  process.stdout.write(
    `${name.padEnd(10)} ${median(ratios).toFixed(2)} of the baseline (${median(rates[name]).toFixed(0)} pages/s here)\n`,
  );
}
app.close();
bare.close();
await database.destroy();
await rm(folder, { recursive: true });

async function requestsPerSecond(url: string): Promise<number> {
  const began = performance.now();
  let left = requestsPerRound;
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (left-- > 0) {
        const response = await fetch(url, { headers: { "X-API-Key": key } });
        if (!response.ok) throw new Error(await response.text());
        await response.arrayBuffer();
      }
    }),
  );
  return requestsPerRound / ((performance.now() - began) / 1000);
}
