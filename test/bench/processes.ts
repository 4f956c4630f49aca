import { execFile, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { promisify } from "node:util";

/** A server in a process of its own. */
export type BenchServer = { url: string; pid: number; stop: () => Promise<void> };

const isPinnable = availableParallelism() > 1 && spawnSync("taskset", ["--version"]).status === 0;

/** A command that runs on one core only, where the system can pin it: servers on the first, the load on the second. */
function pinned(core: 0 | 1, args: string[]): [string, string[]] {
  return isPinnable ? ["taskset", ["-c", String(core), process.execPath, ...args]] : [process.execPath, args];
}

/** Starts a Node server that prints its URL. */
export async function startServer(args: string[], env: Record<string, string> = {}): Promise<BenchServer> {
  const [command, commandArgs] = pinned(0, ["--conditions=moja-source", ...args]);
  const child = spawn(command, commandArgs, {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [greeting]: unknown[] = await once(child.stdout, "data");
  return {
    url: /http:\S+/.exec(String(greeting))?.[0] ?? "",
    pid: child.pid ?? 0,
    stop: async () => {
      child.kill("SIGTERM");
      await once(child, "exit");
    },
  };
}

const autocannon = createRequire(import.meta.url).resolve("autocannon/autocannon.js");

/** How fast a server answers, and how much of its core's time a request takes: what other programs take changes less. */
export type Rate = { requestsPerSecond: number; cpuMicroseconds: number };

/** The time that a process has had on a core, in microseconds. */
async function cpuMicroseconds(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  const [user = 0, system = 0] = stat
    .slice(stat.lastIndexOf(")") + 2)
    .split(" ")
    .slice(11, 13)
    .map(Number);
  return (user + system) * 10_000;
}

/** What a load was answered: latencies in ms, and how often each status; without its body. */
export type Load = {
  latency: { p50: number; p99: number; max: number };
  requests: { average: number; total: number };
  statusCodeStats: Record<string, { count: number }>;
  errors: number;
};

/** Asks on many connections for some seconds; with `rate`, so often a second in all. */
export async function load(
  url: string,
  {
    seconds,
    headers = {},
    connections,
    rate,
  }: { seconds: number; headers?: Record<string, string>; connections: number; rate?: number },
): Promise<Load> {
  const options = ["--json", "--no-progress", "-c", String(connections), "-d", String(seconds), "-t", "60"];
  const rated = rate === undefined ? [] : ["--overallRate", String(rate)];
  const given = Object.entries(headers).flatMap(([name, value]) => ["-H", `${name}=${value}`]);
  const args = [autocannon, ...options, ...rated, ...given, url];
  const { stdout } = await promisify(execFile)(...pinned(1, args), { maxBuffer: 2 ** 26 });
  return JSON.parse(stdout);
}

/** The memory that a process has, in MB. */
export async function residentMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024);
}

/** Measures 8 connections that ask for some seconds. Throws where one of the answers is not 200. */
export async function measureRate(
  { pid }: BenchServer,
  url: string,
  { seconds, headers }: { seconds: number; headers: Record<string, string> },
): Promise<Rate> {
  const options = ["--json", "--no-progress", "-c", "8", "-d", String(seconds)];
  const given = Object.entries(headers).flatMap(([name, value]) => ["-H", `${name}=${value}`]);
  const before = await cpuMicroseconds(pid);
  const { stdout } = await promisify(execFile)(...pinned(1, [autocannon, ...options, ...given, url]));
  const result: { requests: { average: number; total: number }; non2xx: number; errors: number } = JSON.parse(stdout);
  if (result.non2xx + result.errors > 0) throw new Error(`${url}: ${result.non2xx} refused, ${result.errors} failed`);
  const { average, total } = result.requests;
  return { requestsPerSecond: average, cpuMicroseconds: ((await cpuMicroseconds(pid)) - before) / total };
}
