import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { createKey, openDatabase } from "@moja/store";
import { prepareCalls } from "./calls.ts";
import { load, residentMb, startServer, type Load } from "./processes.ts";

/**
 * What one caller feels of what others do, and what a server does that is asked for twice what it can. `probe` asks
 * `/v1/me` 50 times a second with the key of another organization; latencies are milliseconds. Seconds for the last
 * case: 60, or the first argument.
 */
const seconds = Number(process.argv[2] ?? 60);
const folder = process.env["BENCH_DATABASE_FOLDER"] ?? (await mkdtemp(join(tmpdir(), "moja-bench-")));
const file = join(folder, "capacity.sqlite");
const key = await prepareCalls(file, 100_000);
const database = await openDatabase(`sqlite:${file}`);
const other = await createKey(database, {
  organization_id: "org_demo_premium",
  name: "bench",
  scopes: ["reports:read", "pii:read"],
});
await database.destroy();

const server = await startServer([new URL("../../apps/api/src/main.ts", import.meta.url).pathname], {
  DATABASE_URL: `sqlite:${file}`,
  PORT: "0",
  LOG_LEVEL: "silent",
  RATE_LIMIT_PER_ENDPOINT: "0",
  RATE_LIMIT_PER_IP: "0",
});
const at = (path: string) => `${server.url}${path}`;
const headers = { "X-API-Key": key };
const list = at("/v1/call-logs?from=2020-01-01&limit=50");
const heavy = at("/v1/summaries/call-logs?group_by=publisher_id,buyer_id&from=2020-01-01");

const probe = (path = "/v1/me"): Promise<Load> =>
  load(at(path), { connections: 2, rate: 50, seconds: 8, headers: { "X-API-Key": other } });
const write = (name: string, { latency, statusCodeStats }: Load) => {
  const statuses = Object.entries(statusCodeStats).map(([status, { count }]) => `${status}: ${count}`);
  const { p50, p99, max } = latency;
  process.stdout.write(`${name.padEnd(44)} p50 ${p50}  p99 ${p99}  max ${max}   ${statuses.join("  ")}\n`);
};

/** Probes while something else goes on, which begins a second before. */
async function during(name: string, others: Promise<Load>, path?: string): Promise<void> {
  await setTimeout(1000);
  write(name, await probe(path));
  write(`  of which the others: ${(await others).requests.average} a second`, await others);
}

await probe();
write("/v1/me, idle", await probe());
for (const document of ["/docs/reference.md", "/openapi.json"])
  await during(`/v1/me beside 16 on ${document}`, load(at(document), { connections: 16, seconds: 10 }));
await during("/v1/me beside 50 heavy summaries", load(heavy, { connections: 50, seconds: 10, headers }));
await during(
  "a list beside 50 heavy summaries",
  load(heavy, { connections: 50, seconds: 10, headers }),
  "/v1/call-logs",
);
await during("/readyz beside 50 heavy summaries", load(heavy, { connections: 50, seconds: 10, headers }), "/readyz");

const { requests } = await load(list, { connections: 8, seconds: 5, headers });
const rate = Math.ceil(requests.average * 2);
process.stdout.write(`a page: ${requests.average} a second; ${seconds} s at ${rate} a second\n`);
const memory = [await residentMb(server.pid)];
const twice = load(list, { connections: 128, seconds, rate, headers });
for (let passed = 0; passed < seconds; passed += 10) {
  await setTimeout(10_000);
  memory.push(await residentMb(server.pid));
}
write("twice the capacity", await twice);
process.stdout.write(`memory in MB, every 10 s: ${memory.join(" ")}\n`);
write("/v1/me, after", await probe());
await server.stop();
if (!process.env["BENCH_DATABASE_FOLDER"]) await rm(folder, { recursive: true });
