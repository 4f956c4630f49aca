import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { exampleRecords, scopes } from "@moja/contracts";
import { createKey, createOrganization, openDatabase } from "@moja/store";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { databases } from "../support/databases.ts";
import { markdownFiles, root, type Block } from "../support/markdown.ts";

/**
 * Blocks that are not run here, by their document and first line, each with the reason. An entry that is no longer
 * needed fails.
 */
const notRun: Record<string, string> = {
  "README.md: npm ci && npm test": "it would run this test within itself",
  "CONTRIBUTING.md: npm ci": "it would run this test within itself",
  "CONTRIBUTING.md: npx vitest run test/end-to-end/documents.test.ts":
    "it would run this suite's tests within themselves",
  "docs/operations.md: pg_dump --format=custom --file=moja.dump postgres://user@host/moja":
    "PostgreSQL's programs must be of the server's version, and npm brings only the server",
};

/** Documents whose blocks another test runs, with its own data and expectations. */
const runElsewhere = ["docs/getting-started.md"];

/**
 * What stands for something else when a block is run: what is installed is not installed again, and nobody waits for
 * a large demo.
 */
const standsFor: [string, string][] = [
  ["npm ci && ", ""],
  ["--calls 100000", "--calls 50"],
];

const hasSqlite = spawnSync("sqlite3", ["--version"]).status === 0;
if (!hasSqlite) {
  const reason = "There is no sqlite3: the backup in docs/operations.md was not run.";
  if (process.env["CI"]) throw new Error(reason);
  process.stderr.write(`\n${reason}\n`);
}

/** Whether a block ends in a server, after what makes its database. */
const isServer = (code: string) =>
  /\bnpm (start|run serve)\b(?!.*admin).*$|(?<!admin\/)src\/main\.ts$/.test(code.trimEnd());
const shells = new Set(["sh", "bash", "console"]);
const keyOf = (path: string, { code }: Block) => `${path}: ${code.split("\n", 1)[0]}`;
const files = await markdownFiles();
const documents = files
  .filter(({ path }) => !runElsewhere.includes(path))
  .map(({ path, blocks }) => ({
    path,
    commands: blocks.filter((each) => shells.has(each.language) && !(keyOf(path, each) in notRun)),
    program: blocks.flatMap(({ language, code }) => (language === "ts" ? code : [])).join("\n"),
  }));
const first = documents.find(({ path }) => path === "README.md")?.commands[0]?.code ?? "";

type Result = { code: number | null; out: string; err: string };

/**
 * Stands for npm, whose start takes longer than most commands: runs a script of `package.json` with its arguments. The README's first
 * command runs by npm itself.
 */
async function npmScript(): Promise<string> {
  const { scripts } = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as {
    scripts: Record<string, string>;
  };
  const cases = Object.entries(scripts).map(
    ([name, script]) => `  ${name}) exec bash -c '${script} "$@"' npm "$@" ;;\n`,
  );
  return `#!/bin/bash
export PATH="$PWD/node_modules/.bin:$PATH"
[ "$1" = run ] && shift
[ "$1" = -s ] && shift
name=$1; shift
[ "\${1-}" = -- ] && shift
case $name in
${cases.join("")}  *) echo "There is no script $name" >&2; exit 1 ;;
esac
`;
}

/** A folder in which the repository's files are at hand, and in which commands write what they write. */
async function sandbox(): Promise<string> {
  const folder = await mkdtemp(join(inject("tests_folder"), "commands-"));
  const own = new Set([".git", ".turbo", "data"]);
  for (const name of await readdir(root)) if (!own.has(name)) await symlink(join(root, name), join(folder, name));
  const lines = exampleRecords.map((each) => `${JSON.stringify(each)}\n`).join("");
  await writeFile(join(folder, "records.ndjson"), lines);
  await writeFile(join(folder, "records.ndjson.gz"), gzipSync(lines));
  await mkdir(join(folder, "bin"));
  await writeFile(join(folder, "bin/npm"), await npmScript(), { mode: 0o755 });
  // A refused request fails the command, as it would fail a script that is written with care.
  await writeFile(join(folder, ".curlrc"), "fail-with-body\nsilent\nshow-error\n");
  return folder;
}

/** Starts the server that a block starts, and gives its address; `stop` asks it to stop and waits until it is gone. */
async function startServer(code: string, folder: string, env: Record<string, string>) {
  const child = spawn("bash", ["-euo", "pipefail", "-c", code], {
    cwd: folder,
    env: { ...env, PORT: "0", LOG_LEVEL: "silent", RATE_LIMIT_PER_ENDPOINT: "0", RATE_LIMIT_PER_IP: "0" },
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const said: string[] = [];
  child.stderr.on("data", (chunk) => said.push(String(chunk)));
  const url = await new Promise<string>((resolve, reject) => {
    child.once("close", () => reject(new Error(`It did not listen: ${said.join("")}`)));
    child.stdout.on("data", (chunk) => {
      said.push(String(chunk));
      const [, address] = /Moja Reporting API\s+(\S+)\n/.exec(said.join("")) ?? [];
      if (address) resolve(address);
    });
  });
  const stop = async () => {
    const closed = once(child, "close");
    process.kill(-Number(child.pid), "SIGTERM");
    await closed;
  };
  return { url, said: said.join(""), stop };
}

async function run(file: string, args: string[], folder: string, env: Record<string, string>): Promise<Result> {
  const child = spawn(file, args, { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] });
  const [out, err] = [[] as string[], [] as string[]];
  child.stdout.on("data", (chunk) => out.push(String(chunk)));
  child.stderr.on("data", (chunk) => err.push(String(chunk)));
  const [code] = (await once(child, "close")) as [number | null];
  return { code, out: out.join(""), err: err.join("") };
}

/** What a console shows, without what differs between two runs: the times. */
const stable = (line: string) => line.replaceAll(/\d{4}-\d{2}-\d{2}T[\d:.]+Z/g, "<time>").trimEnd();

/** The commands of a console's block, each with the lines that it shows. */
function shownIn(code: string): { command: string; shown: string[] }[] {
  const found: { command: string; shown: string[] }[] = [];
  for (const line of code.trimEnd().split("\n")) {
    if (line.startsWith("$ ")) found.push({ command: line.slice(2), shown: [] });
    else found.at(-1)?.shown.push(line);
  }
  return found;
}

describe("what the documents tell people to run", () => {
  let api: { url: string; said: string; stop: () => Promise<void> };
  let env: Record<string, string>;
  let postgres: Awaited<ReturnType<(typeof databases)[1]["create"]>>;

  beforeAll(async () => {
    const folder = await sandbox();
    // Each command starts a process of its own: what was compiled once need not be compiled again.
    const base = {
      PATH: process.env["PATH"] ?? "",
      HOME: folder,
      npm_config_update_notifier: "false",
      NODE_COMPILE_CACHE: join(root, "node_modules/.cache/moja"),
    };
    api = await startServer(asRun(first), folder, base);
    const database = await openDatabase(`sqlite:${join(folder, "data/demo.sqlite")}`);
    await createOrganization(database, {
      organization_id: "org_acme",
      name: "Acme",
      plan: "premium",
      api_access: true,
    });
    const key = { organization_id: null, name: "test", scopes: [...scopes], expires_at: null };
    // The first `bin` is the one of the folder that a command runs in.
    env = { ...base, PATH: `bin:${base.PATH}`, MOJA_URL: api.url, SERVICE_KEY: await createKey(database, key) };
    await database.destroy();
    postgres = await databases[1].create();
  });
  afterAll(async () => {
    await api.stop();
    await postgres[Symbol.asyncDispose]();
  });

  /** A block's code as it is run: against this test's server and databases. */
  const asRun = (code: string) =>
    [
      ...standsFor,
      ...(api
        ? [
            ["http://127.0.0.1:3000", api.url],
            ["postgres://user@host/moja", postgres.url],
          ]
        : []),
    ].reduce((text, [from = "", to = ""]) => text.replaceAll(from, to), code);

  async function runServer(code: string, folder: string) {
    const server = await startServer(asRun(code), folder, env);
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
    await server.stop();
  }

  async function runConsole(code: string, folder: string, exports: string[]) {
    for (const { command, shown } of shownIn(code)) {
      if (command.startsWith("export ")) exports.push(command);
      const script = [...exports, command].join("\n");
      const { code: exit, out, err } = await run("bash", ["-euo", "pipefail", "-c", asRun(script)], folder, env);
      expect([exit, exit === 0 ? "" : err], command).toStrictEqual([0, ""]);
      const lines = `${out}\n${err}`.split("\n").map(stable);
      for (const line of shown) if (line.trim() !== "…") expect(lines, command).toContain(stable(line));
    }
  }

  async function runShell(code: string, folder: string) {
    const [, expected = "0"] = /# exits with (\d+)\n/.exec(code) ?? [];
    const { code: exit, out, err } = await run("bash", ["-euo", "pipefail", "-c", asRun(code)], folder, env);
    expect([exit, exit === Number(expected) ? "" : err + out], code).toStrictEqual([Number(expected), ""]);
    if (!code.startsWith("curl") || !out.startsWith("{")) return;
    const answers = out
      .split(/(?<=\})(?=\{)/)
      .map((each) => JSON.parse(each) as { data?: unknown[]; refused?: unknown[] });
    for (const { data, refused } of answers) {
      expect(data, `${code} shows something`).not.toStrictEqual([]);
      expect(refused ?? [], code).toStrictEqual([]);
    }
  }

  test("the first command of the README starts the server with its demo, and prints the key that all samples use", () => {
    expect(api.said).toContain("moja_demo-enterprise_not-a-secret-enterprise");
  });

  test.each(documents.filter(({ commands }) => commands.length > 0))(
    "$path: each command runs, and shows what it is said to show",
    async ({ commands }) => {
      const folder = await sandbox();
      const exports: string[] = [];
      for (const { language, code } of commands) {
        if (code === first || (!hasSqlite && code.startsWith("sqlite3"))) continue;
        if (isServer(code)) await runServer(code, folder);
        else if (language === "console") await runConsole(code, folder, exports);
        else await runShell(code, folder);
      }
    },
    300_000,
  );

  test.each(documents.filter(({ program }) => program !== ""))(
    "$path: its TypeScript runs, as one program",
    async ({ program }) => {
      const folder = await sandbox();
      await writeFile(join(folder, "program.mts"), asRun(program));
      const { code, out, err } = await run(process.execPath, ["--conditions=moja-source", "program.mts"], folder, env);
      expect([code, err]).toStrictEqual([0, ""]);
      expect(out).not.toBe("");
    },
    300_000,
  );

  test("no block is on the list of those that are not run without need", () => {
    const keys = files.flatMap(({ path, blocks }) => blocks.map((each) => keyOf(path, each)));
    for (const key of Object.keys(notRun)) expect(keys).toContain(key);
    for (const path of runElsewhere) expect(files.map((each) => each.path)).toContain(path);
  });
});
