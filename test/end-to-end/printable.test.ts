import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { runMoja } from "../support/cli.ts";
import { ingestOrFail, startHarness, type Harness } from "../support/harness.ts";
import { exampleRecord, recordFor } from "../support/record-factory.ts";
import { scripted } from "../support/scripted.ts";
import { lists } from "../support/http.ts";

/** What a terminal obeys: erases lines, rings, returns to the line's beginning, turns text around. */
const hostile = "a\u001b[2K\u001b[1Ab\rc\bd\u0007e\u007ff\u009b31mg\u202eh\u2066i\u200fj\u2028k\u061cl\nm\tn";
const obeyed = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u;
/** What moja itself writes for colours and lines. */
// oxlint-disable-next-line no-control-regex -- the escape sequences of colours
const ownStyle = /\u001b\[\d+m|\n/g;

describe("what others wrote", () => {
  let api: Harness;
  let folder: string;
  beforeAll(async () => {
    api = await startHarness();
    folder = await mkdtemp(join(inject("tests_folder"), "printable-"));
    const call = lists.find(({ name }) => name === "callLogs.list")!.contract;
    const tenant = await api.tenant();
    api.key = tenant.key;
    const at = Date.parse("2026-05-04T12:00:00.000Z");
    await ingestOrFail(tenant, [
      recordFor(call, "call_h", at, { campaign_name: hostile, buyer_name: hostile, reason: hostile }),
      {
        kind: "call_event",
        call_log_id: "call_h",
        event_id: "e1",
        occurred_at: "2026-05-04T12:00:01.000Z",
        type: "call.note",
        level: "info",
        message: hostile,
        data: { [hostile]: hostile },
        updated_at: "2026-05-04T12:00:01.000Z",
      },
      ...lists
        .filter(({ name }) => name === "outboundRtb.list")
        .map(({ contract }) => ({ ...exampleRecord(contract), rtb_name: hostile }) as never),
    ]);
  });
  afterAll(() => api[Symbol.asyncDispose]());

  const moja = (args: string[], url = api.url) =>
    runMoja(args, folder, { PATH: process.env["PATH"] ?? "", MOJA_URL: url, MOJA_API_KEY: api.key, FORCE_COLOR: "1" });
  const window = ["--from", "2026-05-04", "--to", "2026-05-05"];

  const commands = [
    ["calls", "list", ...window],
    ["outbound", "list", ...window],
    ["call", "show", "call_h"],
  ];
  test.each(commands.map((args) => ({ args })))(
    "is shown by moja $args, and obeyed by no terminal",
    async ({ args }) => {
      const { out, code } = await moja(args);
      expect(code).toBe(0);
      expect(out.replaceAll(ownStyle, "")).not.toMatch(obeyed);
      expect(out).toContain(
        "a\\u001b[2K\\u001b[1Ab\\rc\\u0008d\\u0007e\\u007ff\\u009b31mg\\u202eh\\u2066i\\u200fj\\u2028k\\u061cl\\nm\\tn",
      );
    },
  );

  const structured = [
    ["calls", "list", "--json", ...window],
    ["calls", "list", "--ndjson", ...window],
    ["call", "show", "call_h", "--json"],
    ["whoami"],
  ];
  test.each(structured.map((args) => ({ args })))("is the same value in the JSON of moja $args", async ({ args }) => {
    const { out, code } = await moja(args);
    expect([code, out.replaceAll("\n", "").match(obeyed)]).toStrictEqual([0, null]);
    const parsed: any = JSON.parse(out);
    const row = parsed.data?.[0] ?? parsed.call ?? parsed;
    if (args[0] !== "whoami") expect(row.campaign_name).toBe(hostile);
  });

  test("is shown in errors, of a server or of what stands before it", async () => {
    const problem = {
      type: "x",
      title: "x",
      status: 400,
      detail: hostile,
      code: "invalid_request",
      request_id: hostile,
      issues: [{ path: hostile, message: hostile }],
    };
    await using refusing = await scripted(() => ({
      status: 400,
      body: JSON.stringify({ error: { message: "x", code: -32600, data: problem } }),
    }));
    await using strange = await scripted(() => ({
      status: 400,
      body: hostile,
      headers: { "Content-Type": "text/plain" },
    }));
    for (const { url } of [refusing, strange]) {
      const { err, code } = await moja(["calls", "list"], url);
      expect(code).toBe(1);
      expect(err.replaceAll(ownStyle, "")).not.toMatch(obeyed);
    }
  });
});
