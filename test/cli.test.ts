import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { exampleRecords } from "@moja/contracts";
import { createKey } from "@moja/store";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { rest } from "./support/ask.ts";
import { world, type World } from "./support/world.ts";

describe("moja, the command", () => {
  let api: World;
  let folder: string;
  beforeAll(async () => {
    api = await world();
    folder = await mkdtemp(join(tmpdir(), "moja-cli-"));
  });
  afterAll(async () => {
    await rm(folder, { recursive: true });
    await api[Symbol.asyncDispose]();
  });

  async function moja(args: string[], env: Record<string, string> = {}, input = "") {
    const child = spawn(process.execPath, ["--conditions=moja-source", new URL("../apps/cli/src/main.ts", import.meta.url).pathname, ...args], { cwd: folder, env: { PATH: process.env["PATH"] ?? "", MOJA_URL: api.url, MOJA_API_KEY: api.key, ...env } });
    const [out, err] = [[] as string[], [] as string[]];
    child.stdout.on("data", (chunk) => out.push(String(chunk)));
    child.stderr.on("data", (chunk) => err.push(String(chunk)));
    child.stdin.end(input);
    const [code] = (await once(child, "close")) as [number];
    return { code, out: out.join(""), err: err.join("") };
  }

  test("shows the key in use, lists with the API's filters, and draws a call's and a request's story", async () => {
    expect(JSON.parse((await moja(["whoami"])).out).organization.id).toBe("org_1");
    const rows = await moja(["calls", "list", "--from", "2026-05-04", "--to", "2026-05-05", "--no_payout_reason", "Condition not met", "--ndjson"]);
    expect(JSON.parse(rows.out).call_log_id).toBe("call_7q2m4xk1");
    const table = await moja(["outbound", "list", "--from", "2026-05-04", "--to", "2026-05-05", "--bid_amount_min", "12", "--http_status", "200", "500"]);
    expect(table.out).toContain("The bid is below the minimum bid");
    const call = await moja(["call", "show", "call_7q2m4xk1"]);
    expect(call.out).toContain("no payout: Condition not met");
    expect(call.out).toContain("   -3.600s ▲ rtb     rtb.outbound_request     Harbor Senior Care bid $12.50: rejected");
    expect(call.out).not.toContain("\u001b");
    const rtb = await moja(["rtb", "show", "req_in_5w8d"]);
    expect(rtb.out).toContain("Summit Medicare                   –  timeout    The buyer did not answer in time");
  });

  test("says what to do when it is refused or misunderstood, by its exit code too", async () => {
    expect(await moja(["call", "show", "nobody"])).toMatchObject({ code: 1, out: "", err: expect.stringContaining("not_found: There is no call log with this id.") });
    expect(await moja(["calls", "list", "--limit", "0"])).toMatchObject({ code: 1, err: expect.stringContaining("limit must be a whole number from 1 to 1000") });
    expect(await moja(["calls", "list", "--status", "foo"])).toMatchObject({ code: 2, err: expect.stringContaining("Allowed choices are incoming, connected") });
    const missing = await moja(["ingest", "no-such-file"]);
    expect(missing).toMatchObject({ code: 1, err: expect.stringContaining("ENOENT") });
    expect(missing.err).not.toContain("    at ");
    expect(await moja(["whoami"], { MOJA_API_KEY: "" })).toMatchObject({ code: 1, err: expect.stringContaining("MOJA_API_KEY is not set") });
    expect((await moja(["whoami"], { MOJA_API_KEY: "wrong" })).err).toContain("invalid_api_key");
  });

  test("pushes a file, plain or zipped or piped, and keeps what was refused", async () => {
    const key = await createKey(api.database, { organization_id: null, name: "producer", scopes: ["ingest:write"] });
    const lines = exampleRecords.map((each) => JSON.stringify(each));
    const text = [...lines.slice(0, 3), "{broken", JSON.stringify({ ...exampleRecords[0], cost: -1 }), ...lines.slice(3)].join("\n");
    await writeFile(join(folder, "records.ndjson.gz"), gzipSync(text));
    const tenant = await api.tenant();
    const pushed = await moja(["--organization", tenant.organization_id, "ingest", "records.ndjson.gz"], { MOJA_API_KEY: key });
    expect(pushed).toMatchObject({ code: 3, err: expect.stringContaining(`${lines.length} accepted, 0 unchanged, 0 superseded, 2 refused (see refused.ndjson)`) });
    const refused = (await readFile(join(folder, "refused.ndjson"), "utf8")).trim().split("\n").map((line) => JSON.parse(line) as { issues: { path: string }[] });
    expect(refused.map(({ issues }) => issues[0]?.path).toSorted()).toStrictEqual(["cost", "line 4"]);
    expect((await rest(api, tenant.key, "/v1/call-logs/call_7q2m4xk1")).status).toBe(200);
    const again = await moja(["--organization", tenant.organization_id, "ingest", "-"], { MOJA_API_KEY: key }, lines.join("\n"));
    expect(again).toMatchObject({ code: 0, err: expect.stringContaining(`0 accepted, ${lines.length} unchanged`) });
  });
});
