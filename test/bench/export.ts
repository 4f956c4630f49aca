import { spawn } from "node:child_process";
import { once } from "node:events";
import { openSync, readFileSync, writeSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { contracts } from "@moja/contracts";
import Sqlite from "better-sqlite3";
import { organization_id, prepareCalls } from "./calls.ts";

/**
 * How fast a million calls are exported over HTTP, as a ratio to the rate at which better-sqlite3 iterates and prints the
 * same rows; how much the server's memory grows; and how long small requests to the same server wait meanwhile.
 */
const calls = Number(process.argv[2] ?? 1_000_000);
const rounds = Number(process.argv[3] ?? 3);
const folder = process.env["BENCH_DATABASE_FOLDER"] ?? (await mkdtemp(join(tmpdir(), "moja-bench-")));
const file = join(folder, "bench.sqlite");

const key = await prepareCalls(file, calls);
const server = spawn(process.execPath, ["--conditions=moja-source", "apps/api/src/main.ts"], {
  env: {
    ...process.env,
    DATABASE_URL: `sqlite:${file}`,
    PORT: "0",
    LOG_LEVEL: "silent",
    RATE_LIMIT_PER_IP: "0",
    RATE_LIMIT_PER_ENDPOINT: "0",
  },
  stdio: ["ignore", "pipe", "inherit"],
});
const [greeting] = (await once(server.stdout, "data")) as [Buffer];
const url = /http:\S+/.exec(String(greeting))?.[0] ?? "";
const headers = { "X-API-Key": key };

const { result: idle, most: memoryIdle } = await watched(waits((asked) => asked >= 10_000));
const rates: Record<"baseline" | "csv" | "ndjson", number[]> = { baseline: [], csv: [], ndjson: [] };
const busy: number[] = [];
let memoryMost = 0;
for (let round = 0; round < rounds; round++) {
  rates.baseline.push(iterateAndPrint());
  for (const format of ["csv", "ndjson"] as const) {
    const { result: rate, most } = await watched(download(format));
    rates[format].push(rate);
    memoryMost = Math.max(memoryMost, most);
  }
  let done = false;
  const exported = download("ndjson").finally(() => void (done = true));
  busy.push(...(await waits(() => done)));
  await exported;
}
const quantile = (values: number[], share: number) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? 0;
const say = (line: string) => process.stdout.write(`${line}\n`);
for (const format of ["csv", "ndjson"] as const) {
  const ratios = rates[format].map((rate, round) => rate / (rates.baseline[round] ?? rate));
  say(
    `${format.padEnd(7)} ${quantile(ratios, 0.5).toFixed(2)} of the rate of better-sqlite3 alone, wanted 0.50 (${(quantile(rates[format], 0.5) / 1000).toFixed(0)} to ${(quantile(rates.baseline, 0.5) / 1000).toFixed(0)} thousand rows/s here)`,
  );
}
say(
  `waits   ${(quantile(busy, 0.99) / quantile(idle, 0.99)).toFixed(2)} times the idle p99 during an export, wanted 3.00 (${quantile(busy, 0.99).toFixed(1)} to ${quantile(idle, 0.99).toFixed(1)} ms here, ${busy.length} requests; p50 ${quantile(busy, 0.5).toFixed(1)} to ${quantile(idle, 0.5).toFixed(1)} ms)`,
);
say(`memory  ${((memoryMost - memoryIdle) / 1024).toFixed(0)} MB more than with small requests alone, wanted 100`);
server.kill("SIGTERM");
await once(server, "exit");
if (!process.env["BENCH_DATABASE_FOLDER"]) await rm(folder, { recursive: true });

/** Rows a second of the least that any export would do: iterate, and print as JSON. */
function iterateAndPrint(): number {
  const database = new Sqlite(file, { readonly: true });
  const output = openSync("/dev/null", "w");
  const rows = database.prepare(
    `select ${Object.keys(contracts.callLogs.list.row.shape).join(", ")} from calls where organization_id = ? order by started_at desc, call_log_id desc`,
  );
  const began = performance.now();
  let printed = 0;
  let lines = "";
  for (const row of rows.iterate(organization_id)) {
    lines += `${JSON.stringify(row)}\n`;
    if (++printed % 500 === 0) {
      writeSync(output, lines);
      lines = "";
    }
  }
  writeSync(output, lines);
  database.close();
  return printed / ((performance.now() - began) / 1000);
}

/** Rows a second of an export, read to its end by another process. */
async function download(format: string): Promise<number> {
  const reader = `require("node:http").get(process.argv[1], { headers: ${JSON.stringify(headers)} }, (r) => r.on("data", () => {}).on("end", () => console.log(r.trailers["x-export-rows"])))`;
  const began = performance.now();
  const child = spawn(
    process.execPath,
    ["-e", reader, `${url}/v1/exports/call-logs?format=${format}&from=2020-01-01`],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const rows = Number(await text(child.stdout));
  if (rows !== calls) throw new Error(`${rows} rows were exported, not ${calls}`);
  return rows / ((performance.now() - began) / 1000);
}

/** How long small requests wait, one after the other, in milliseconds. */
async function waits(isOver: (asked: number) => boolean): Promise<number[]> {
  const waited: number[] = [];
  while (!isOver(waited.length)) {
    const began = performance.now();
    const response = await fetch(`${url}/v1/${waited.length % 2 ? "me" : "call-logs?limit=5"}`, { headers });
    await response.arrayBuffer();
    waited.push(performance.now() - began);
  }
  return waited;
}

/** What comes of something, and the most memory that the server has meanwhile, in KiB. */
async function watched<Result>(under: Promise<Result>): Promise<{ result: Result; most: number }> {
  let most = 0;
  const watch = setInterval(() => void (most = Math.max(most, memory())), 50);
  const result = await under.finally(() => clearInterval(watch));
  return { result, most };
}

/** The server's memory, in KiB. */
function memory(): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.pid}/status`, "utf8"))?.[1]);
}
