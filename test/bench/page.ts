import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import Sqlite from "better-sqlite3";
import { organization_id, prepareCalls } from "./calls.ts";
import { measureRate, startServer, type BenchServer, type Rate } from "./processes.ts";

/**
 * How fast reads are answered, as ratios to the least that any server does (`servers/bare.ts`), beside what one would
 * write with Fastify and Drizzle. Servers and load are processes of their own, on a core each; each round asks all in
 * turn, and the median of the rounds' ratios counts. `BENCH_DATABASE_FOLDER` keeps the data for the next time.
 */
const { values: options } = parseArgs({
  options: {
    calls: { type: "string", default: "1000000" },
    depth: { type: "string", default: "10000" },
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "2" },
    cases: { type: "string", default: "first page,deep page,detail,timeline" },
    json: { type: "string" },
  },
});
const [calls, rounds, seconds] = [options.calls, options.rounds, options.seconds].map(Number) as [
  number,
  number,
  number,
];
const depth = Math.min(Number(options.depth), Math.floor(calls / 50));
const folder = process.env["BENCH_DATABASE_FOLDER"] ?? (await mkdtemp(join(tmpdir(), "moja-bench-")));
const file = join(folder, "bench.sqlite");
const headers = { "X-API-Key": await prepareCalls(file, calls) };

const { call, at } = callsToAsk();
const settings = { DATABASE_URL: `sqlite:${file}`, PORT: "0", LOG_LEVEL: "silent" };
const limits = { RATE_LIMIT_PER_IP: "0", RATE_LIMIT_PER_ENDPOINT: "0" };
const serverFile = (name: string) => new URL(`./servers/${name}.ts`, import.meta.url).pathname;
const servers = {
  bare: await startServer([serverFile("bare"), file, organization_id, String(at)]),
  peer: await startServer([serverFile("fastify-drizzle"), file, organization_id, String(at)]),
  moja: await startServer(["apps/api/src/main.ts"], { ...settings, ...limits }),
};
const { bare, peer, moja } = servers;
const cursor = await cursorOf(depth);
const all = { from: "2020-01-01" };
const trpc = (procedure: string, input: object) =>
  `${moja.url}/trpc/${procedure}?input=${encodeURIComponent(JSON.stringify(input))}`;

/** How long each case is asked of each server before it counts. */
const warmUpSeconds = 10;

/** What is asked of each server; Fastify and Drizzle have no timeline. */
const cases: Record<string, { bare: string; peer?: string; REST: string; tRPC: string }> = {
  "first page": {
    bare: `${bare.url}/first`,
    peer: `${peer.url}/first`,
    REST: `${moja.url}/v1/call-logs?limit=50`,
    tRPC: trpc("callLogs.list", { limit: 50 }),
  },
  "deep page": {
    bare: `${bare.url}/deep`,
    peer: `${peer.url}/deep`,
    REST: `${moja.url}/v1/call-logs?from=${all.from}&limit=50&cursor=${cursor}`,
    tRPC: trpc("callLogs.list", { ...all, limit: 50, cursor }),
  },
  detail: {
    bare: `${bare.url}/detail/${call}`,
    peer: `${peer.url}/detail/${call}`,
    REST: `${moja.url}/v1/call-logs/${call}`,
    tRPC: trpc("callLogs.get", { call_log_id: call }),
  },
  timeline: {
    bare: `${bare.url}/timeline/${call}`,
    REST: `${moja.url}/v1/call-logs/${call}/timeline`,
    tRPC: trpc("callLogs.timeline", { call_log_id: call }),
  },
};

type Result = { case: string; server: string; ratio: number; ratioOfCpu: number } & Rate;

const results: Result[] = [];
process.stdout.write(
  "case        server  rate  core  as ratios to bare; requests/s and µs of the server's core here\n",
);
for (const name of options.cases.split(",")) {
  const urls = Object.entries(cases[name] ?? {});
  const rates: Record<string, Rate>[] = [];
  // Node compiles what runs often: each server is warm before it is measured.
  for (const [server, url] of urls) await measureRate(serverOf(server), url, { seconds: warmUpSeconds, headers });
  for (let round = 0; round < rounds; round++) {
    const rate: Record<string, Rate> = {};
    for (const [server, url] of urls) rate[server] = await measureRate(serverOf(server), url, { seconds, headers });
    rates.push(rate);
  }
  for (const [server] of urls) {
    const result = { case: name, server, ...compare(rates, server) };
    results.push(result);
    const ratios = `${result.ratio.toFixed(2)}  ${result.ratioOfCpu.toFixed(2)}`;
    const here = `${result.requestsPerSecond.toFixed(0).padStart(6)} ${result.cpuMicroseconds.toFixed(0).padStart(6)}`;
    process.stdout.write(`${name.padEnd(11)} ${server.padEnd(7)} ${ratios}  ${here}\n`);
  }
}
if (options.json !== undefined)
  await writeFile(options.json, `${JSON.stringify({ calls, depth, results }, null, 2)}\n`);
for (const server of Object.values(servers)) await server.stop();
if (!process.env["BENCH_DATABASE_FOLDER"]) await rm(folder, { recursive: true });

/** The process behind a name of the table. */
function serverOf(name: string): BenchServer {
  return { bare, peer }[name] ?? moja;
}

/** The medians of a server's rounds, and of their ratios to the bare server's of the same round. */
function compare(rates: Record<string, Rate>[], server: string): Omit<Result, "case" | "server"> {
  const of = (unit: keyof Rate) => rates.map((rate) => rate[server]?.[unit] ?? NaN);
  const ofBare = (unit: keyof Rate) => rates.map((rate) => rate["bare"]?.[unit] ?? NaN);
  return {
    requestsPerSecond: median(of("requestsPerSecond")),
    cpuMicroseconds: median(of("cpuMicroseconds")),
    ratio: median(of("requestsPerSecond").map((rate, round) => rate / (ofBare("requestsPerSecond")[round] ?? NaN))),
    ratioOfCpu: median(ofBare("cpuMicroseconds").map((time, round) => time / (of("cpuMicroseconds")[round] ?? NaN))),
  };
}

/** A call with a story, and the time at which the deep page begins. */
function callsToAsk(): { call: string; at: number } {
  const database = new Sqlite(file, { readonly: true });
  const read = database.prepare<[string, number], { call_log_id: string; started_at: number }>(
    "select call_log_id, started_at from calls where organization_id = ? order by started_at desc limit 1 offset ?",
  );
  const told = database.prepare<[string], { call_log_id: string }>(
    `select call_log_id from rtb_requests where organization_id = ? and direction = 'outbound' and call_log_id is not null
    order by sent_at desc limit 1 offset 20`,
  );
  const found = {
    call: told.get(organization_id)?.call_log_id,
    at: read.get(organization_id, (depth - 1) * 50)?.started_at,
  };
  database.close();
  return { call: String(found.call), at: Number(found.at) };
}

/** The cursor of a page of 50 calls, found by larger pages. */
async function cursorOf(page: number): Promise<string> {
  let cursor = "";
  for (let left = (page - 1) * 50; left > 0; left -= 1000) {
    const limit = Math.min(left, 1000);
    const url = `${moja.url}/v1/call-logs?from=2020-01-01&limit=${limit}${cursor && `&cursor=${cursor}`}`;
    const answer = (await (await fetch(url, { headers })).json()) as { next_cursor: string };
    cursor = answer.next_cursor;
  }
  return cursor;
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}
