import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { exampleRecords, type RecordInput } from "@moja/contracts";
import { createKey, createOrganization, ingestRecords, openDatabase } from "@moja/store";
import { pino } from "pino";
import { createApp } from "../../apps/api/src/app.ts";
import { readSettings } from "../../apps/api/src/config.ts";

/**
 * How long a summary of 30 days takes over HTTP, as a ratio to a plain SQL aggregate of the same rows. `DATABASE_URL`
 * names an empty PostgreSQL database instead of SQLite.
 */
const calls = Number(process.argv[2] ?? 1_000_000);
const rounds = 5;
const organization_id = "org_bench";
const dayMs = 24 * 60 * 60 * 1000;
const to = Date.parse("2026-06-01");
const from = to - 30 * dayMs;

const folder = await mkdtemp(join(tmpdir(), "moja-bench-"));
const database = await openDatabase(process.env["DATABASE_URL"] ?? `sqlite:${join(folder, "bench.sqlite")}`);
await createOrganization(database, { organization_id, name: "Bench", plan: "enterprise", api_access: true });
const key = await createKey(database, { organization_id, name: "bench", scopes: ["reports:read"] });
const seconds = await took(writeCalls);
process.stdout.write(`${calls.toLocaleString("en")} calls written, ${Math.round(calls / seconds)} a second\n`);

const app = createApp({
  database,
  settings: readSettings({ RATE_LIMIT_PER_IP: "0", RATE_LIMIT_PER_ENDPOINT: "0" }),
  logger: pino({ level: "silent" }),
}).listen(0, "127.0.0.1");
await once(app, "listening");
const address = `http://127.0.0.1:${(app.address() as AddressInfo).port}/v1/summaries/call-logs?from=2026-05-02&to=2026-06-01`;

const sums = [
  "duration_seconds",
  "connected_seconds",
  "billable_seconds",
  "revenue_paid_out",
  "publisher_paid_out",
  "cost",
  "profit",
]
  .map((column) => `sum(${column}) as ${column}, count(${column}) as ${column}_known`)
  .join(", ");
const plain = (by: string) =>
  database.raw(
    `select ${by} count(*) as calls, count(connected_at) as connected, sum(converted) as converted, sum(duplicate) as duplicates, sum(moja_magic) as magic, ${sums} from calls where organization_id = ? and started_at >= ? and started_at < ? ${by && `group by ${by.replace(/,\s*$/, "")}`}`,
    [organization_id, from, to],
  );
const asked = {
  "all together": { query: "", by: "" },
  "by campaign": { query: "&group_by=campaign_id", by: "campaign_id, " },
  "by day in New York": { query: "&interval=day&time_zone=America/New_York", by: `started_at / ${dayMs}, ` },
  "one campaign by hour": { query: "&interval=hour&campaign_id=camp_3", by: "" },
  "by state": { query: "&group_by=caller_state", by: "caller_state, " },
  "by publisher": { query: "&group_by=publisher_id", by: "publisher_id, " },
  "by publisher and day": {
    query: "&group_by=publisher_id&interval=day&time_zone=America/New_York&top=20",
    by: `publisher_id, started_at / ${dayMs}, `,
  },
  "by two, from the rows": { query: "&group_by=campaign_id,buyer_id", by: "campaign_id, buyer_id, " },
};
process.stdout.write(
  `first summary, from the rows: ${(await took(() => summary(""))).toFixed(1)} s; all is rolled up after ${(await took(rolledUp)).toFixed(1)} s more\n`,
);
for (const [name, { query, by }] of Object.entries(asked)) {
  const ratios: number[] = [];
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const base = await took(() => plain(by));
    times.push(await took(() => summary(query)));
    ratios.push((times.at(-1) ?? 0) / base);
  }
  process.stdout.write(
    `${name.padEnd(24)} ${median(ratios).toFixed(3)} of a plain aggregate (${(median(times) * 1000).toFixed(0)} ms here)\n`,
  );
}
app.close();
await database.destroy();
await rm(folder, { recursive: true });

async function summary(query: string): Promise<void> {
  const response = await fetch(address + query, { headers: { "X-API-Key": key, Connection: "close" } });
  if (!response.ok) throw new Error(await response.text());
  await response.arrayBuffer();
}

async function rolledUp(): Promise<void> {
  while ((await database("call_marks").limit(1)).length > 0) await setTimeout(50);
}

async function took(run: () => PromiseLike<unknown>): Promise<number> {
  const began = performance.now();
  await run();
  return (performance.now() - began) / 1000;
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

/**
 * Calls spread over 30 days, of 20 campaigns, 300 publishers, 40 buyers and 50 states, nearly all of them in every
 * hour.
 */
async function writeCalls(): Promise<void> {
  const example = exampleRecords.find(({ kind }) => kind === "call") as Extract<RecordInput, { kind: "call" }>;
  const call = (index: number): RecordInput => ({
    ...example,
    call_log_id: `call_${index}`,
    started_at: new Date(from + Math.floor((index * 30 * dayMs) / calls)).toISOString(),
    tags: {},
    campaign_id: `camp_${index % 20}`,
    publisher_id: `pub_${(index * 7) % 300}`,
    buyer_id: `buyer_${(index * 11) % 40}`,
    rtb_id: `rtb_${(index * 11) % 40}`,
    caller_state: `S${(index * 13) % 50}`,
    duration_seconds: 93 + (index % 500),
    revenue_paid_out: ((index * 37_000) % 50_000_000) / 1e6,
    publisher_paid_out: ((index * 17_000) % 30_000_000) / 1e6,
    converted: index % 3 === 0,
  });
  for (let start = 0; start < calls; start += 1000)
    await ingestRecords(
      database,
      organization_id,
      Array.from({ length: Math.min(1000, calls - start) }, (_, index) => call(start + index)),
    );
}
