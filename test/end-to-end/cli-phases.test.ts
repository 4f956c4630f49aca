import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { problem } from "@moja/contracts";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { mojaCommand } from "../support/cli.ts";
import type { ScriptedServer } from "../support/scripted.ts";
import { rowsOf } from "../support/sound-answers.ts";
import {
  clearStages,
  partly,
  silence,
  stage,
  status,
  times,
  until as untilSoon,
  type Fault,
} from "../support/stage.ts";

const columns = ["--columns", "started_at", "call_log_id"];
const csvRows = rowsOf("callLogs").map((row) => `${row["started_at"]},${row["call_log_id"]}\r\n`);
const csv = `\uFEFFstarted_at,call_log_id\r\n${csvRows.join("")}`;

/** A command of each way that `moja` asks; `asked` is how many requests are on their way when none is answered. */
const commands = {
  whoami: { args: ["whoami"], asked: 1 },
  list: { args: ["calls", "list", "--ndjson", "--all"], asked: 1 },
  "call show": { args: ["call", "show", "call_1", "--json"], asked: 1 },
  "rtb show": { args: ["rtb", "show", "req_1", "--json"], asked: 2 },
  "export to a file": { args: ["export", "calls", ...columns, "--output", "calls.csv"], asked: 1 },
  "export to a pipe": { args: ["export", "calls", ...columns, "--output", "-"], asked: 1 },
  ingest: { args: ["ingest", "records.ndjson"], asked: 3 },
};
type CommandName = keyof typeof commands;
const commandNames = Object.keys(commands) as CommandName[];
/** One of each kind; the others ask as one of these does. */
const kinds: CommandName[] = ["list", "call show", "export to a file", "export to a pipe", "ingest"];

/** Commands that bring much take twice as many tries as the client does by itself. */
const tries = (name: CommandName) => (name === "ingest" || name.startsWith("export") ? 9 : 5);

const refused: Fault = (_, { path }) => {
  const body = problem("missing_scope", { request_id: "request-1" });
  return {
    status: 403,
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(path.startsWith("/trpc/") ? { error: { message: "x", code: -32000, data: body } } : body),
  };
};

/** Processes share the processor with all that runs beside them. */
vi.setConfig({ testTimeout: 120_000 });
const until = (condition: () => unknown) => untilSoon(condition, { timeout: 60_000, interval: 10 });

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "moja-phases-"));
  const lines = Array.from({ length: 2500 }, (_, index) => `{"line":${index + 1}}\n`);
  await writeFile(join(folder, "records.ndjson"), lines.join(""));
});
afterEach(async () => {
  await clearStages();
  await rm(folder, { recursive: true });
});

/** Starts `moja` in a folder; `ended` is how it ended and what it said. */
function start({ url }: Pick<ScriptedServer, "url">, args: string[], cwd = folder) {
  const child = spawn(process.execPath, [...mojaCommand, ...args], {
    cwd,
    env: { PATH: process.env["PATH"] ?? "", MOJA_URL: url, MOJA_API_KEY: "a key" },
  });
  let [out, err] = ["", ""];
  child.stdout.on("data", (chunk) => void (out += String(chunk)));
  child.stderr.on("data", (chunk) => void (err += String(chunk)));
  child.stdin.end();
  const ended = once(child, "close").then(([code, signal]) => ({
    code: code as number | null,
    signal: signal as NodeJS.Signals | null,
    out,
    err,
  }));
  return { child, ended, out: () => out };
}

/** Runs each command against a server of its own that plays the faults. */
async function eachCommand(names: CommandName[], faults: Fault[]) {
  return Promise.all(
    names.map(async (name) => {
      const { server } = await stage(faults);
      return { name, server, ...(await start(server, commands[name].args).ended) };
    }),
  );
}

describe("moja's exit code and its two outputs", () => {
  test("are 0, the data on stdout, and notes alone on stderr, when it is done", async () => {
    const ended = Object.fromEntries((await eachCommand(commandNames, [])).map(({ name, ...rest }) => [name, rest]));
    expect(Object.values(ended).map(({ code }) => code)).toStrictEqual(commandNames.map(() => 0));
    const rows = rowsOf("callLogs").map((row) => `${JSON.stringify(row)}\n`);
    expect(ended["list"]).toMatchObject({ out: rows.join(""), err: "" });
    expect(JSON.parse(ended["whoami"]?.out ?? "")).toStrictEqual({ answered: "me.get" });
    for (const name of ["whoami", "call show", "rtb show", "export to a pipe"]) expect(ended[name]?.err).toBe("");
    expect(ended["export to a pipe"]?.out).toBe(csv);
    expect(ended["export to a file"]).toMatchObject({ out: "", err: expect.stringContaining("Written to calls.csv") });
    expect(readFileSync(join(folder, "calls.csv"), "utf8")).toBe(csv);
    expect(ended["ingest"]).toMatchObject({ out: "", err: expect.stringContaining("2500 accepted") });
    expect(readdirSync(folder).sort()).toStrictEqual(["calls.csv", "records.ndjson"]);
  });

  test("are 1, nothing on stdout, and the refusal with its request id on stderr, when the API refuses", async () => {
    for (const { name, code, out, err, server } of await eachCommand(kinds, times(99, refused))) {
      expect([code, out], name).toStrictEqual([1, ""]);
      expect(err, name).toMatch(/missing_scope: .+\nrequest id request-1\n/);
      expect(err, name).not.toContain("    at ");
      expect(server.asked.length, name).toBeLessThanOrEqual(commands[name].asked);
    }
    expect(readdirSync(folder)).toStrictEqual(["records.ndjson"]);
  });

  test("are 1, and no file is made, when what answers is a page of a proxy", async () => {
    const page = status(200, { "Content-Type": "text/html" }, "<html>\nLog in to this network\n</html>");
    for (const { name, code, out, err } of await eachCommand(kinds, times(99, page))) {
      expect([code, out], name).toStrictEqual([1, ""]);
      expect(err, name).toMatch(/unreachable: The API at http:\/\/127\.0\.0\.1:\d+ did not answer/);
    }
    expect(readdirSync(folder)).toStrictEqual(["records.ndjson"]);
  });

  test("are 1 after all tries when the API stays busy", async () => {
    const busy = status(429, { "Retry-After": "0.001" });
    for (const { name, code, out, err, server } of await eachCommand(kinds, times(99, busy))) {
      expect([code, out], name).toStrictEqual([1, ""]);
      expect(err, name).toContain("unreachable: ");
      expect(server.asked.length, name).toBeGreaterThanOrEqual(tries(name));
      expect(server.asked.length, name).toBeLessThanOrEqual(tries(name) * commands[name].asked);
    }
  });

  test("are 2, and nothing is asked, when the command is not understood", async () => {
    const { server } = await stage([]);
    const misunderstood = [["nonsense"], ["calls", "list", "--nonsense"], ["call", "show"], ["ingest"]].concat([
      ["export", "calls", "--format", "xml"],
      ["calls", "list", "--json", "--ndjson"],
    ]);
    for (const { code, out, err } of await Promise.all(misunderstood.map((args) => start(server, args).ended)))
      expect([code, out, err.startsWith("error: ")]).toStrictEqual([2, "", true]);
    const help = await start(server, ["--help"]).ended;
    expect([help.code, help.err]).toStrictEqual([0, ""]);
    for (const code of ["0 done", "1 the API refused", "2 the command", "3 some records"])
      expect(help.out).toContain(code);
    expect(server.asked).toStrictEqual([]);
  });

  test("are 3, with the refused lines in their file, when some records were refused", async () => {
    const refusal = { index: 1, code: "invalid_record", issues: [{ path: "kind", message: "is needed" }] };
    const { server } = await stage([
      () => ({ body: JSON.stringify({ accepted: 999, unchanged: 0, superseded: 0, refused: [refusal] }) }),
    ]);
    const { code, out, err } = await start(server, commands.ingest.args).ended;
    expect([code, out]).toStrictEqual([3, ""]);
    expect(err).toContain("2499 accepted, 0 unchanged, 0 superseded, 1 refused (see records.ndjson.refused.ndjson)");
    const [line = "", ...more] = readFileSync(join(folder, "records.ndjson.refused.ndjson"), "utf8").split("\n");
    expect(more).toStrictEqual([""]);
    expect(JSON.parse(line)).toMatchObject({ code: "invalid_record", issues: refusal.issues });
  });

  test("come at once when one of several requests is refused and the others hang", async () => {
    const firstIsRefused: Fault[] = [refused, silence];
    const { server } = await stage(firstIsRefused);
    expect(await start(server, commands["rtb show"].args).ended).toMatchObject({ code: 1, out: "" });
    // A run that waited for the other would send it again.
    expect(server.asked).toHaveLength(2);
  });
});

describe("Ctrl-C ends moja at once, and leaves nothing or what the same command goes on from,", () => {
  /** How a run ends: those that tidy up first exit as shells say it, all others by the signal itself. */
  const ending = (name: CommandName) =>
    name === "ingest" || name === "export to a file"
      ? { code: 130, signal: null }
      : { code: null, signal: "SIGINT" as const };

  const phases: Record<string, Fault> = {
    "in flight": silence,
    "waiting for Retry-After": status(429, { "Retry-After": "3600" }),
    "in the middle of a body": partly("silence"),
  };

  test.each(Object.entries(phases))("%s", async (_, fault) => {
    await Promise.all(
      kinds.map(async (name) => {
        const { server } = await stage(times(99, fault));
        mkdirSync(join(folder, name));
        if (name === "ingest") await writeFile(join(folder, name, "records.ndjson"), "{}\n".repeat(2500));
        const { child, ended } = start(server, commands[name].args, join(folder, name));
        await until(() => server.asked.length === commands[name].asked);
        // What was sent has to arrive, and to be acted upon; earlier would be another phase.
        await new Promise((resolve) => setTimeout(resolve, 100));
        child.kill("SIGINT");
        expect(await ended, name).toMatchObject({ ...ending(name), out: expect.not.stringContaining("unreachable") });
        expect(server.asked, name).toHaveLength(commands[name].asked);
        const left = name === "ingest" ? ["records.ndjson"] : [];
        expect(readdirSync(join(folder, name)), name).toStrictEqual(left);
      }),
    );
  });

  test("while a file is being written: the same command makes it whole", async () => {
    const half = csv.slice(0, csv.indexOf("\n", csv.length / 2) + 9);
    const begun: Fault = ({ body: _, ...sound }) => ({ ...sound, body: half, ending: "silence" });
    await writeFile(join(folder, "calls.csv"), "the file before");
    const { server } = await stage([(sound) => sound, begun]);
    const { child, ended } = start(server, commands["export to a file"].args);
    await until(() => existsSync(join(folder, "calls.csv.part")) && partOf("calls.csv") === half);
    child.kill("SIGINT");
    expect(await ended).toMatchObject({
      code: 130,
      err: expect.stringContaining("The same command goes on from there"),
    });
    expect(readFileSync(join(folder, "calls.csv"), "utf8")).toBe("the file before");
    expect(await start(server, commands["export to a file"].args).ended).toMatchObject({ code: 0 });
    expect(readFileSync(join(folder, "calls.csv"), "utf8")).toBe(csv);
    expect(server.asked.at(-1)?.query.get("cursor")).toBe("the cursor");
    expect(readdirSync(folder).sort()).toStrictEqual(["calls.csv", "records.ndjson"]);
  });

  const partOf = (file: string) => readFileSync(join(folder, `${file}.part`), "utf8");
});

describe("what fails in between", () => {
  test("leaves the file that was there, and the same command goes on after the last whole row", async () => {
    const cut = Buffer.byteLength(csv) - 5;
    await writeFile(join(folder, "calls.csv"), "the file before");
    const { server } = await stage([(sound) => sound, partly("cut", cut), refused]);
    const broken = await start(server, commands["export to a file"].args).ended;
    expect(broken).toMatchObject({ code: 1, out: "", err: expect.stringMatching(/The line broke\.[^]*missing_scope/) });
    expect(readFileSync(join(folder, "calls.csv"), "utf8")).toBe("the file before");
    expect(await start(server, commands["export to a file"].args).ended).toMatchObject({ code: 0 });
    expect(readFileSync(join(folder, "calls.csv"), "utf8")).toBe(csv);
  });

  test("of a push stops it, and the same command pushes what is left, each line once", async () => {
    const isFirst = (body: string) => body.includes('"line":1}');
    let isAllowed = false;
    const firstAlone: Fault = (sound, request) =>
      isAllowed || isFirst(request.body) ? sound : refused(sound, request);
    const { server } = await stage(times(99, firstAlone));
    const stopped = await start(server, commands.ingest.args).ended;
    expect(stopped).toMatchObject({ code: 1, err: expect.stringContaining("Stopped after line 1000.") });
    isAllowed = true;
    const before = server.asked.length;
    const { code, err } = await start(server, commands.ingest.args).ended;
    expect([code, err.includes("Going on after line 1000"), err.includes("2500 accepted")]).toStrictEqual([
      0,
      true,
      true,
    ]);
    const lines = server.asked.slice(before).flatMap(({ body }) => body.trim().split("\n"));
    expect(lines.sort()).toStrictEqual(Array.from({ length: 1500 }, (_, index) => `{"line":${index + 1001}}`).sort());
    expect(readdirSync(folder)).toStrictEqual(["records.ndjson"]);
  });
});

describe("a reader that has seen enough", () => {
  test("ends a list and an export with 0, and the requests with them", async () => {
    const rows = "2026-05-04T12:00:00.000Z,call_1\r\n".repeat(1000);
    const endless: Fault = ({ body: _, ...sound }) => ({
      ...sound,
      body: (async function* () {
        for (;;) {
          yield rows;
          await new Promise((resolve) => setTimeout(resolve, 1));
        }
      })(),
    });
    const page: Fault = () => ({
      body: JSON.stringify({ result: { data: { data: rowsOf("callLogs"), next_cursor: "1", totals: null } } }),
    });
    const cases: [CommandName, Fault[]][] = [
      ["export to a pipe", [endless]],
      ["list", times(100_000, page)],
    ];
    for (const [name, faults] of cases) {
      const { server } = await stage(faults);
      const { child, ended, out } = start(server, commands[name].args);
      await until(() => out().length > 0);
      child.stdout.destroy();
      expect(await ended, name).toMatchObject({ code: 0, err: "" });
      await until(() => server.asked.every(({ isOpen }) => !isOpen));
    }
  });

  test("of stderr alone does not keep an export or an ingest from being done", async () => {
    for (const name of ["export to a file", "ingest"] as const) {
      const { server } = await stage([]);
      const { child, ended } = start(server, commands[name].args);
      child.stderr.destroy();
      expect(await ended, name).toMatchObject({ code: 0, out: "" });
    }
    expect(readFileSync(join(folder, "calls.csv"), "utf8")).toBe(csv);
  });
});
