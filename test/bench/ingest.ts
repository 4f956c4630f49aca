import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout } from "node:timers/promises";
import type { RecordInput } from "@moja/contracts";
import { stories } from "@moja/demo";
import { createKey, createOrganization, openDatabase } from "@moja/store";
import BetterSqlite3 from "better-sqlite3";

/**
 * How fast `moja ingest` writes mixed records into SQLite, as a ratio to raw prepared statements in one transaction
 * that write the same rows; and whether memory stays flat.
 */
const records = Number(process.argv[2] ?? 200_000);
const organization_id = "org_bench";
const folder = await mkdtemp(join(tmpdir(), "moja-bench-"));
const url = `sqlite:${join(folder, "ingested.sqlite")}`;
const tables = [
  "calls",
  "call_tags",
  "call_events",
  "rtb_requests",
  "rtb_events",
  "webhook_requests",
  "webhook_attempts",
];

await writeRecords(join(folder, "records.ndjson"));
const rounds: { ratio: number; ingested: number; raw: number }[] = [];
for (let round = 0; round < 3; round++) {
  await removeDatabases();
  const key = await prepare(url);
  const { seconds, cli, server } = await ingest(key);
  // Next to each other, because a machine's speed changes within minutes.
  const raw = await copyRaw();
  rounds.push({ ratio: raw / seconds, ingested: Math.round(records / seconds), raw: Math.round(records / raw) });
  process.stdout.write(
    `own memory after a quarter, half and nine tenths: moja ${trend(cli)}, server ${trend(server)}\n`,
  );
}
const [, median] = rounds.toSorted((a, b) => a.ratio - b.ratio);
process.stdout.write(
  `moja ingest ${median?.ratio.toFixed(2)} of raw prepared statements for the same rows (${rounds.map(({ ratio, ingested, raw }) => `${ratio.toFixed(2)}: ${ingested} and ${raw}`).join(", ")} records/s here)\n`,
);
await rm(folder, { recursive: true });

/** One record a line, told by the demo, in the order in which they became known: as producers push them. */
async function writeRecords(path: string): Promise<void> {
  const told: RecordInput[] = [];
  for (const story of stories(1, { count: Infinity, now: Date.now(), magic: true }))
    if (told.push(...story) >= records) break;
  told.sort((a, b) => Date.parse(a.updated_at) - Date.parse(b.updated_at));
  await writeFile(
    path,
    told
      .slice(0, records)
      .map((each) => `${JSON.stringify(each)}\n`)
      .join(""),
  );
}

async function removeDatabases(): Promise<void> {
  for (const name of await readdir(folder)) if (name.includes(".sqlite")) await rm(join(folder, name));
}

async function prepare(database_url: string): Promise<string> {
  const database = await openDatabase(database_url);
  await createOrganization(database, { organization_id, name: "Bench", plan: "enterprise", api_access: true });
  const made = await createKey(database, { organization_id: null, name: "bench", scopes: ["ingest:write"] });
  await database.destroy();
  return made;
}

/** Runs the command against a server, both as users run them, and looks at their memory. */
async function ingest(key: string) {
  const run = (main: string, args: string[], env: Record<string, string>) =>
    spawn(
      process.execPath,
      ["--conditions=moja-source", new URL(`../../apps/${main}`, import.meta.url).pathname, ...args],
      { env: { PATH: process.env["PATH"], ...env }, stdio: ["ignore", "pipe", "inherit"] },
    );
  const api = run("api/src/main.ts", [], { DATABASE_URL: url, PORT: "0", LOG_LEVEL: "silent" });
  const [line] = (await once(createInterface({ input: api.stdout }), "line")) as [string];
  const began = performance.now();
  const moja = run("cli/src/main.ts", ["--organization", organization_id, "ingest", join(folder, "records.ndjson")], {
    MOJA_URL: line.split(/\s+/).at(-1) ?? "",
    MOJA_API_KEY: key,
  });
  const exit = once(moja, "exit") as Promise<[number]>;
  const samples = { cli: [] as number[], server: [] as number[] };
  let running = true;
  const sampling = (async () => {
    while (running) {
      samples.cli.push(await megabytes(moja.pid));
      samples.server.push(await megabytes(api.pid));
      await setTimeout(250);
    }
  })();
  const [code] = await exit;
  const seconds = (performance.now() - began) / 1000;
  running = false;
  await sampling;
  api.kill();
  await once(api, "exit");
  if (code !== 0) throw new Error(`moja ended with ${code}`);
  return { seconds, ...samples };
}

/** Memory of its own: SQLite maps the database's file, and the operating system takes that back when it likes. */
async function megabytes(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return Number(/RssAnon:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
}

function trend(samples: number[]): string {
  const at = (part: number) => samples[Math.floor((samples.length - 1) * part)]?.toFixed(0);
  return `${at(0.25)} → ${at(0.5)} → ${at(0.9)} MB`;
}

/**
 * Copies the rows into the same tables of a new file with one prepared statement a table, in one transaction; the
 * seconds that it took.
 */
async function copyRaw(): Promise<number> {
  const from = new BetterSqlite3(join(folder, "ingested.sqlite"), { readonly: true });
  await (await openDatabase(`sqlite:${join(folder, "raw.sqlite")}`)).destroy();
  const to = new BetterSqlite3(join(folder, "raw.sqlite"));
  for (const pragma of ["journal_mode = WAL", "synchronous = FULL"]) to.pragma(pragma);
  const work = tables.map((table) => {
    const rows = from.prepare(`select * from ${table} order by rowid`).raw().all() as unknown[][];
    return { rows, insert: to.prepare(`insert into ${table} values (${(rows[0] ?? []).map(() => "?").join(", ")})`) };
  });
  const began = performance.now();
  to.transaction(() => {
    for (const { rows, insert } of work) for (const row of rows) insert.run(row);
  })();
  const seconds = (performance.now() - began) / 1000;
  from.close();
  to.close();
  return seconds;
}
