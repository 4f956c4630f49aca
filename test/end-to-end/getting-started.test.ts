import { execFile, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { contracts } from "@moja/contracts";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { ingestOrFail, startHarness, type Harness } from "../support/harness.ts";
import { blocksOf, type Block } from "../support/markdown.ts";
import { recordFor } from "../support/record-factory.ts";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../../", import.meta.url));
const hasPython = spawnSync("python3", ["--version"]).status === 0;
if (!hasPython) {
  const reason = "There is no python3: the Python sample of the guide was not run.";
  if (process.env["CI"]) throw new Error(reason);
  process.stderr.write(`\n${reason}\n`);
}

describe("the getting-started guide runs as it is written", () => {
  let api: Harness;
  let folder: string;
  let samples: Block[];
  let env: Record<string, string>;
  const ids = ["call_7q2m4xk1", ...Array.from({ length: 250 }, (_, index) => `call_${index}`)];
  const costly = 1.001;
  const timedAt = Date.parse("2026-05-20T12:00:00.000Z");

  beforeAll(async () => {
    api = await startHarness(undefined, { RATE_LIMIT_PER_ENDPOINT: "120", RATE_LIMIT_PER_IP: "100" });
    const tenant = await api.tenant();
    const list = contracts.callLogs.list;
    // Neither cost is exact in binary: a sum of floats would show.
    await ingestOrFail(tenant, [
      ...ids.map((id, index) =>
        recordFor(list, id, timedAt + index, { cost: index % 2 ? 0.1 : costly, cost_per_min: 0.1 }),
      ),
      recordFor(list, "call_unknown", timedAt - 1, { cost: null, cost_per_min: null, revenue_paid_out: null }),
    ]);
    folder = await mkdtemp(join(inject("tests_folder"), "guide-"));
    samples = blocksOf(await (await fetch(`${api.url}/docs/getting-started.md`)).text());
    env = { PATH: process.env["PATH"] ?? "", MOJA_URL: api.url, MOJA_API_KEY: tenant.key };
  });
  afterAll(() => api[Symbol.asyncDispose]());

  const sample = (section: string, language: string, at = 0) => {
    const found = samples.filter((each) => each.heading === section && each.language === language)[at];
    if (!found) throw new Error(`There is no ${language} under ${section}`);
    return found.code;
  };
  const bash = (code: string, given = env) => run("bash", ["-c", code], { env: given, cwd: folder });
  /** Runs a loop against a server that tells it to wait on its second page. */
  const runWaiting = async (file: string, args: string[]) => {
    await using busy = await busyServer(api.url);
    const { stdout } = await run(file, args, { env: { ...env, MOJA_URL: busy.url }, cwd: folder });
    expect(busy.refused).toBe(1);
    return stdout;
  };
  const total =
    ids.reduce((sum, _, index) => sum + (index % 2 ? 100_000 : Math.round(costly * 1_000_000)), 0) / 1_000_000;
  const idsIn = (stdout: string) =>
    stdout
      .trim()
      .split("\n")
      .slice(0, -1)
      .map((line) => line.split(" ", 1)[0]);
  const allIds = [...ids, "call_unknown"].toSorted();

  test("has no sample that is not run here", () => {
    expect(samples.map(({ heading, language }) => `${heading}: ${language}`)).toStrictEqual([
      "Your key: bash",
      "The first call: bash",
      "Why did this call not pay?: bash",
      "Why did this call not pay?: bash",
      "Every page, in curl: bash",
      "Every page, in TypeScript: ts",
      "Every page, in Python: python",
      "A month in one answer: bash",
      "Every row in one file: bash",
      "When a request is refused: bash",
      "When a request is refused: json",
      "Limits: bash",
    ]);
  });

  test("asks for the key, then the first call shows it", async () => {
    const typed = run("bash", ["-c", `${sample("Your key", "bash")}\n${sample("The first call", "bash")}`], {
      env: { PATH: process.env["PATH"] },
      cwd: folder,
    });
    typed.child.stdin?.end(`${env["MOJA_API_KEY"]}\n`);
    const { stdout } = await typed;
    expect(JSON.parse(stdout.replace("API key: ", ""))).toMatchObject({
      organization: { id: "org_2" },
      reporting: "available",
    });
  });

  test("shows why a call did not pay", async () => {
    const calls = JSON.parse((await bash(sample("Why did this call not pay?", "bash"))).stdout) as {
      data: { no_payout_reason: string }[];
    };
    expect(calls.data.map(({ no_payout_reason }) => no_payout_reason)).toStrictEqual([
      "Condition not met",
      "Condition not met",
    ]);
    const timeline = JSON.parse(
      (await bash(sample("Why did this call not pay?", "bash", 1), { ...env, MOJA_API_KEY: api.key })).stdout,
    ) as { data: { type: string }[] };
    expect(timeline.data.map(({ type }) => type)).toContain("call.completed");
  });

  test("reads every page in curl", async () => {
    await runWaiting("bash", ["-c", sample("Every page, in curl", "bash")]);
    const pages = (await readFile(join(folder, "pages.jsonl"), "utf8"))
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { data: { call_log_id: string }[] });
    expect(pages).toHaveLength(3);
    expect(pages.flatMap(({ data }) => data.map(({ call_log_id }) => call_log_id)).toSorted()).toStrictEqual(allIds);
  });

  test("reads every page in TypeScript that compiles under strict, and sums exactly", async () => {
    await writeFile(join(folder, "calls.mts"), sample("Every page, in TypeScript", "ts"));
    await run(
      join(root, "node_modules/.bin/tsc"),
      [
        "--noEmit",
        "--strict",
        "--target",
        "esnext",
        "--module",
        "nodenext",
        "--types",
        "node",
        "--typeRoots",
        join(root, "node_modules/@types"),
        "calls.mts",
      ],
      { cwd: folder, env },
    );
    const stdout = await runWaiting(process.execPath, ["calls.mts"]);
    expect(idsIn(stdout).toSorted()).toStrictEqual(allIds);
    expect(stdout).toMatch(
      new RegExp(`^call_unknown 2026-05-20T11:59:59.999Z not known yet\nCarrier cost in USD: ${total}\n$`, "m"),
    );
  });

  test.runIf(hasPython)("reads every page in Python, and sums exactly", async () => {
    await writeFile(join(folder, "calls.py"), sample("Every page, in Python", "python"));
    const stdout = await runWaiting("python3", ["calls.py"]);
    expect(idsIn(stdout).toSorted()).toStrictEqual(allIds);
    expect(stdout).toMatch(
      new RegExp(
        `^call_unknown 2026-05-20 11:59:59.999000\\+00:00 not known yet\nCarrier cost in USD: ${total}\n$`,
        "m",
      ),
    );
  });

  test("adds up a month as its rows do, in one answer and in one file", async () => {
    const { totals } = JSON.parse((await bash(sample("A month in one answer", "bash"))).stdout) as {
      totals: { calls: number; cost: number };
    };
    expect([totals.calls, totals.cost]).toStrictEqual([allIds.length, total]);
    const { stdout } = await bash(sample("Every row in one file", "bash"));
    expect(JSON.parse(stdout.slice(stdout.indexOf("{")))).toMatchObject({ rows: allIds.length, cost: total });
    expect((await readFile(join(folder, "calls.csv"), "utf8")).split("\r\n")).toHaveLength(allIds.length + 2);
  });

  test("shows the refusal word for word", async () => {
    const answered = JSON.parse((await bash(sample("When a request is refused", "bash"))).stdout) as object;
    expect(answered).toStrictEqual({
      ...(JSON.parse(sample("When a request is refused", "json")) as object),
      request_id: expect.any(String),
    });
  });

  test("shows what is left of each limit", async () => {
    const { stdout } = await bash(sample("Limits", "bash"));
    expect(stdout).toMatch(/^ratelimit:.*r=/im);
    expect(stdout).toMatch(/^ratelimit-policy:.*120.*100|^ratelimit-policy:.*100.*120/ims);
  });
});

/** The server behind one that refuses its second request as the limits do, so that a loop has to wait. */
async function busyServer(url: string) {
  const seen = { requests: 0, refused: 0 };
  const forward = async (request: IncomingMessage, response: ServerResponse) => {
    if (++seen.requests === 2) {
      seen.refused++;
      response.writeHead(429, { "Retry-After": "1" }).end("{}");
      return;
    }
    const answer = await fetch(url + request.url, { headers: { "X-API-Key": String(request.headers["x-api-key"]) } });
    const link = answer.headers.get("link");
    response.writeHead(answer.status, link ? { Link: link } : {}).end(await answer.text());
  };
  const server = createServer((request, response) => void forward(request, response)).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get refused() {
      return seen.refused;
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
