import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, statSync } from "node:fs";
import { appendFile, copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { exampleRecords, type RecordInput } from "@moja/contracts";
import { createKey } from "@moja/store";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { mojaCommand, runMoja } from "../support/cli.ts";
import { ingestOrFail, startHarness, type Harness } from "../support/harness.ts";
import { rest } from "../support/http.ts";

describe("moja, the command", () => {
  let api: Harness;
  let folder: string;
  let service: string;
  beforeAll(async () => {
    api = await startHarness();
    service = await createKey(api.database, {
      organization_id: null,
      name: "internal",
      scopes: ["ingest:write", "reports:read", "pii:read"],
    });
    folder = await mkdtemp(join(tmpdir(), "moja-cli-"));
  });
  afterAll(async () => {
    await rm(folder, { recursive: true });
    await api[Symbol.asyncDispose]();
  });

  const environment = () => ({ PATH: process.env["PATH"] ?? "", MOJA_URL: api.url, MOJA_API_KEY: api.key });

  const moja = (args: string[], env: Record<string, string> = {}, input = "") =>
    runMoja(args, folder, { ...environment(), ...env }, input);

  test("shows the key in use, lists with the API's filters, and draws a call's and a request's story", async () => {
    expect(JSON.parse((await moja(["whoami"])).out).organization.id).toBe("org_1");
    const rows = await moja([
      "calls",
      "list",
      "--from",
      "2026-05-04",
      "--to",
      "2026-05-05",
      "--no_payout_reason",
      "Condition not met",
      "--ndjson",
    ]);
    expect(JSON.parse(rows.out).call_log_id).toBe("call_7q2m4xk1");
    const table = await moja([
      "outbound",
      "list",
      "--from",
      "2026-05-04",
      "--to",
      "2026-05-05",
      "--bid_amount_min",
      "12",
      "--http_status",
      "200",
      "500",
    ]);
    expect(table.out).toContain("The bid is below the minimum bid");
    const call = await moja(["call", "show", "call_7q2m4xk1"]);
    expect(call.out).toContain("no payout: Condition not met");
    expect(call.out).toContain(
      "   -3.600s ▲ rtb     rtb.outbound_request     Harbor Senior Care: 12.50 USD is below the minimum",
    );
    expect(call.out).not.toContain("\u001b");
    const rtb = await moja(["rtb", "show", "req_in_5w8d"]);
    expect(rtb.out).toContain("Summit Medicare                   –  timeout     The buyer did not answer in time");
  });

  test("says what to do when it is refused or misunderstood, by its exit code too", async () => {
    expect(await moja(["call", "show", "nobody"])).toMatchObject({
      code: 1,
      out: "",
      err: expect.stringContaining("not_found: There is no call log with this id."),
    });
    expect(await moja(["calls", "list", "--limit", "0"])).toMatchObject({
      code: 1,
      err: expect.stringContaining("`limit` must be a whole number from 1 to 1000"),
    });
    expect(await moja(["calls", "list", "--status", "foo"])).toMatchObject({
      code: 2,
      err: expect.stringContaining("Allowed choices are incoming, connected"),
    });
    const missing = await moja(["ingest", "no-such-file"]);
    expect(missing).toMatchObject({ code: 1, err: expect.stringContaining("ENOENT") });
    expect(missing.err).not.toContain("    at ");
    expect(await moja(["whoami"], { MOJA_API_KEY: "" })).toMatchObject({
      code: 1,
      err: expect.stringContaining("MOJA_API_KEY is not set"),
    });
    expect((await moja(["whoami"], { MOJA_API_KEY: "wrong" })).err).toContain("invalid_api_key");
  });

  test("names each list as people do, and puts all pages into one answer", async () => {
    const { organization_id } = await tenantOfMany(5);
    const everything = [
      "--organization",
      organization_id,
      "calls",
      "list",
      "--from",
      "2026-05-04",
      "--to",
      "2026-05-05",
      "--limit",
      "2",
      "--all",
    ];
    const asJson = JSON.parse((await moja([...everything, "--json"], { MOJA_API_KEY: service })).out) as {
      data: unknown[];
      next_cursor: null;
    };
    expect([asJson.data.length, asJson.next_cursor]).toStrictEqual([5, null]);
    expect((await moja([...everything, "--ndjson"], { MOJA_API_KEY: service })).out.trim().split("\n")).toHaveLength(5);
    expect((await moja(everything, { MOJA_API_KEY: service })).out.match(/│ call_\d /g)).toHaveLength(5);
    for (const words of [
      ["inbound", "list"],
      ["outbound", "list"],
      ["webhooks", "list", "incoming"],
      ["webhooks", "list", "outgoing"],
    ]) {
      expect(
        JSON.parse((await moja([...words, "--from", "2026-05-04", "--to", "2026-05-05", "--limit", "1", "--json"])).out)
          .data,
        words.join(" "),
      ).toHaveLength(1);
    }
  });

  const tenantOfMany = async (calls: number) => {
    const tenant = await api.tenant();
    const [call] = exampleRecords as [RecordInput];
    await ingestOrFail(
      tenant,
      Array.from({ length: calls }, (_, index) => ({ ...call, call_log_id: `call_${index}` }) as RecordInput),
    );
    return tenant;
  };

  describe("ingest", () => {
    const events = (count: number) =>
      Array.from({ length: count }, (_, index) =>
        JSON.stringify({
          kind: "call_event",
          call_log_id: "call_1",
          event_id: `e${index}`,
          occurred_at: "2026-05-04T12:00:00.000Z",
          type: "call.incoming",
          level: "info",
          message: "x",
          updated_at: "2026-05-04T12:00:00.000Z",
        }),
      );
    const ingest = (organization_id: string, ...args: string[]) =>
      moja(["--organization", organization_id, "ingest", ...args], { MOJA_API_KEY: service });
    const refusedIn = async (file: string) =>
      (await readFile(join(folder, file), "utf8"))
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as { line: number; code: string; issues: { path: string }[]; text: string });

    test("pushes a file, plain or zipped or piped, and keeps what was refused", async () => {
      const { organization_id, key } = await api.tenant();
      const lines = exampleRecords.map((each) => JSON.stringify(each));
      await writeFile(
        join(folder, "records.ndjson.gz"),
        gzipSync(
          [...lines.slice(0, 3), "{broken", JSON.stringify({ ...exampleRecords[0], cost: -1 }), ...lines.slice(3)].join(
            "\n",
          ),
        ),
      );
      const pushed = await ingest(organization_id, "records.ndjson.gz");
      expect(pushed).toMatchObject({
        code: 3,
        err: expect.stringContaining(
          `${lines.length} accepted, 0 unchanged, 0 superseded, 2 refused (see records.ndjson.gz.refused.ndjson)`,
        ),
      });
      expect(
        (await refusedIn("records.ndjson.gz.refused.ndjson")).map(({ line, code, issues }) => [
          line,
          code,
          issues[0]?.path,
        ]),
      ).toStrictEqual([
        [4, "invalid_json", ""],
        [5, "invalid_record", "cost"],
      ]);
      expect((await rest(api, key, "/v1/call-logs/call_7q2m4xk1")).status).toBe(200);
      const again = await moja(
        ["--organization", organization_id, "ingest", "-"],
        { MOJA_API_KEY: service },
        lines.join("\n"),
      );
      expect(again).toMatchObject({ code: 0, err: expect.stringContaining(`0 accepted, ${lines.length} unchanged`) });
    });

    test("goes on where it was killed, and names each refused line once, in order", async () => {
      const { organization_id } = await api.tenant();
      const lines = events(12_000);
      for (const broken of [1, 7001, 11_990]) lines[broken - 1] = "{broken";
      await writeFile(join(folder, "killed.ndjson"), lines.join("\n"));
      const first = spawn(
        process.execPath,
        [...mojaCommand, "--organization", organization_id, "ingest", "killed.ndjson", "--refused", "killed.refused"],
        { cwd: folder, env: { ...environment(), MOJA_API_KEY: service }, stdio: "ignore" },
      );
      while ((statSync(join(folder, "killed.ndjson.moja-progress"), { throwIfNoEntry: false })?.size ?? 0) === 0)
        await setTimeout(2);
      first.kill("SIGKILL");
      await once(first, "exit");
      // As if it had been killed after it wrote what was refused, and before it kept its progress.
      await appendFile(join(folder, "killed.refused"), '{"line":7001,"text":"written twice"}\n');
      const second = await ingest(organization_id, "killed.ndjson", "--refused", "killed.refused");
      expect(second).toMatchObject({
        code: 3,
        err: expect.stringMatching(/Going on after line \d+ of killed\.ndjson/),
      });
      const [, accepted_ = "", unchanged = ""] =
        /(\d+) accepted, (\d+) unchanged, 0 superseded, 3 refused/.exec(second.err) ?? [];
      expect(Number(accepted_) + Number(unchanged)).toBe(11_997);
      expect((await refusedIn("killed.refused")).map(({ line, text }) => [line, text])).toStrictEqual([
        [1, "{broken"],
        [7001, "{broken"],
        [11_990, "{broken"],
      ]);
      expect(await api.database("call_events").where({ organization_id }).count({ count: "*" })).toStrictEqual([
        { count: 11_997 },
      ]);
      expect(existsSync(join(folder, "killed.ndjson.moja-progress"))).toBe(false);
    });

    test("says where it stopped when it is interrupted, and never takes its own file for the refused lines", async () => {
      const { organization_id } = await api.tenant();
      await writeFile(join(folder, "stopped.ndjson"), events(12_000).join("\n"));
      const child = spawn(
        process.execPath,
        [...mojaCommand, "--organization", organization_id, "ingest", "stopped.ndjson"],
        { cwd: folder, env: { ...environment(), MOJA_API_KEY: service } },
      );
      const said: string[] = [];
      child.stderr.on("data", (chunk) => said.push(String(chunk)));
      while (!existsSync(join(folder, "stopped.ndjson.moja-progress"))) await setTimeout(2);
      child.kill("SIGINT");
      expect(await once(child, "close")).toStrictEqual([130, null]);
      expect(said.join("")).toMatch(/Stopped after line \d+\. The same command goes on from there\./);
      expect(await ingest(organization_id, "stopped.ndjson", "--refused", "./stopped.ndjson")).toMatchObject({
        code: 1,
        err: expect.stringContaining("--refused names the file that is pushed"),
      });
      await copyFile(join(folder, "stopped.ndjson.moja-progress"), join(folder, "other.ndjson.moja-progress"));
      expect(await ingest(organization_id, "stopped.ndjson")).toMatchObject({
        code: 0,
        err: expect.stringContaining("Going on after line"),
      });
      await writeFile(join(folder, "other.ndjson"), events(3).join("\n"));
      expect(await ingest(organization_id, "other.ndjson")).toMatchObject({
        code: 0,
        err: expect.stringMatching(
          /Beginning anew: other\.ndjson\.moja-progress is of a run that went elsewhere[^]*3 unchanged/,
        ),
      });
    });

    test("says where a redirection to another origin leads, and pushes nothing there", async () => {
      const { organization_id } = await api.tenant();
      const redirecting = createServer((request, response) =>
        response.writeHead(308, { Location: `${api.url}${String(request.url)}` }).end(),
      ).listen(0, "127.0.0.1");
      await once(redirecting, "listening");
      await writeFile(join(folder, "redirected.ndjson"), events(3).join("\n"));
      const pushed = await moja(
        [
          "--url",
          `http://127.0.0.1:${(redirecting.address() as AddressInfo).port}`,
          "--organization",
          organization_id,
          "ingest",
          "redirected.ndjson",
        ],
        { MOJA_API_KEY: service },
      );
      redirecting.close();
      expect(pushed).toMatchObject({ code: 1, err: expect.stringContaining(`redirects to ${api.url}, where the key`) });
    });

    test("refuses a record that is too large by itself", async () => {
      const { organization_id } = await api.tenant();
      const bodies = Array.from({ length: 20 }, (_, index) =>
        JSON.stringify({
          kind: "webhook_attempt",
          request_id: "whout_1",
          attempt: index + 1,
          started_at: "2026-05-04T12:00:00.000Z",
          response: { status: 200, body: { text: "x".repeat(index === 7 ? 17_000_000 : 1_000_000) } },
          updated_at: "2026-05-04T12:00:00.000Z",
        }),
      );
      await writeFile(join(folder, "large.ndjson"), bodies.join("\n"));
      expect(await ingest(organization_id, "large.ndjson", "--refused", "large.refused")).toMatchObject({
        code: 3,
        err: expect.stringContaining("19 accepted, 0 unchanged, 0 superseded, 1 refused"),
      });
      expect((await refusedIn("large.refused")).map(({ line, code }) => [line, code])).toStrictEqual([
        [8, "invalid_record"],
      ]);
    });

    test("refuses any number of lines that are no JSON, and begins its file of them empty", async () => {
      const { organization_id } = await api.tenant();
      await writeFile(join(folder, "table.csv"), `id,cost\n${"call_1,0.01\n".repeat(30_000)}`);
      expect(await ingest(organization_id, "table.csv")).toMatchObject({
        code: 3,
        err: expect.stringContaining(
          "0 accepted, 0 unchanged, 0 superseded, 30001 refused (see table.csv.refused.ndjson)",
        ),
      });
      expect((await refusedIn("table.csv.refused.ndjson")).map(({ line }) => line)).toStrictEqual(
        Array.from({ length: 30_001 }, (_, index) => index + 1),
      );
      await writeFile(join(folder, "table.csv"), `\uFEFF${events(2).join("\r\n")}`);
      expect(await ingest(organization_id, "table.csv")).toMatchObject({
        code: 0,
        err: expect.stringContaining("2 accepted"),
      });
      expect(existsSync(join(folder, "table.csv.refused.ndjson"))).toBe(false);
    });

    test("goes on where its progress cannot be kept, and says so", async () => {
      const { organization_id } = await api.tenant();
      await writeFile(join(folder, "kept.ndjson"), events(2500).join("\n"));
      await mkdir(join(folder, "kept.ndjson.moja-progress"));
      const pushed = await ingest(organization_id, "kept.ndjson");
      expect(pushed).toMatchObject({ code: 0, err: expect.stringContaining("2500 accepted") });
      expect(pushed.err.match(/The progress cannot be kept/g)).toHaveLength(1);
    });

    test("says what stopped it: a broken archive, a reader's key, an organization that does not exist, an API that is away", async () => {
      const { organization_id, key } = await api.tenant();
      await writeFile(
        join(folder, "broken.ndjson.gz"),
        Buffer.concat([gzipSync(events(5000).join("\n")).subarray(0, 9000), Buffer.from("not gzip")]),
      );
      expect(await ingest(organization_id, "broken.ndjson.gz")).toMatchObject({
        code: 1,
        err: expect.stringMatching(/Stopped after line \d+/),
      });
      await writeFile(join(folder, "few.ndjson"), events(3).join("\n"));
      expect(await moja(["ingest", "few.ndjson"], { MOJA_API_KEY: key })).toMatchObject({
        code: 1,
        err: expect.stringContaining("missing_scope"),
      });
      expect(await ingest("org_nobody", "few.ndjson")).toMatchObject({
        code: 1,
        err: expect.stringContaining("`X-Organization-Id` names no organization"),
      });
      expect(await moja(["--url", "http://127.0.0.1:65534", "whoami"])).toMatchObject({
        code: 1,
        err: expect.stringMatching(
          /unreachable: The API at http:\/\/127\.0\.0\.1:65534 did not answer: .*ECONNREFUSED/,
        ),
      });
    });
  });
});
