import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, lstatSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer, text } from "node:stream/consumers";
import { setTimeout } from "node:timers/promises";
import { createClient, MojaError } from "@moja/client";
import { createKey } from "@moja/store";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, expectTypeOf, test } from "vitest";
import { mojaCommand, runMoja } from "../support/cli.ts";
import { download, exportOperations } from "../support/download.ts";
import { startFlakyProxy } from "../support/flaky-proxy.ts";
import { ingestOrFail, startHarness, type Harness, type Tenant } from "../support/harness.ts";
import { recordFor } from "../support/record-factory.ts";

const window = { from: "2026-03-01T00:00:00.000Z", to: "2026-03-02T00:00:00.000Z" } as const;
const count = 1500;
const names = ['a "b", c', "line\r\nend", "=1+1", null, "Renée ñ 漢"];

describe("exports over a line that breaks", () => {
  let api: Harness;
  let many: Tenant;
  let folder: string;
  beforeAll(async () => {
    api = await startHarness();
    many = await api.tenant();
    folder = await mkdtemp(join(tmpdir(), "moja-export-"));
    for (const { name, list } of exportOperations) {
      await ingestOrFail(
        many,
        Array.from({ length: count }, (_, index) =>
          recordFor(list as never, `${index % 2 ? "-" : ""}${name}-${index}`, Date.parse(window.from) + (index >> 2), {
            publisher_name: names[index % names.length],
          }),
        ),
      );
    }
  });
  afterAll(async () => {
    await rm(folder, { recursive: true });
    await api[Symbol.asyncDispose]();
  });

  const whole = async (path: string, query: object) =>
    (await download(api, many.key, `${path}?${new URLSearchParams({ ...window, ...query })}`)).bytes.toString();
  const moja = (url: string, ...args: string[]) =>
    runMoja(["--url", url, "export", ...args, "--from", window.from, "--to", window.to], folder, {
      PATH: process.env["PATH"] ?? "",
      MOJA_API_KEY: many.key,
    });

  test.each(exportOperations)(
    "$name: the client yields each row once, whatever columns are asked for",
    async ({ name, contract }) => {
      const report = name.split(".")[0] as "callLogs";
      const rows = (await whole(contract.path, { format: "ndjson" }))
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as Record<string, unknown>);
      expect(rows).toHaveLength(count);
      await using line = await startFlakyProxy(api, { slowly: true });
      const client = createClient({ url: line.url, key: many.key, retry_pause_ms: 1 });
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.integer({ min: 0, max: 400_000 }), { minLength: 1, maxLength: 4 }),
          fc.option(fc.shuffledSubarray(Object.keys(contract.row.shape), { minLength: 1, maxLength: 4 })),
          async (cuts, columns) => {
            line.cuts = cuts;
            const seen: object[] = [];
            for await (const row of client[report].export({ ...window, ...(columns && { columns: columns as [] }) }))
              seen.push(row);
            expect(seen).toStrictEqual(
              columns ? rows.map((row) => Object.fromEntries(columns.map((column) => [column, row[column]]))) : rows,
            );
          },
        ),
        // A run takes a second or more: a smaller one is not looked for.
        { numRuns: 6, examples: [[[300_000], null]], endOnFailure: true },
      );
      expect(line.requests.some((path) => path.includes("after="))).toBe(true);
    },
  );

  test("the client's rows have the types of the columns, and its file says its totals and its size", async () => {
    const client = createClient({ url: api.url, key: many.key });
    const seen: object[] = [];
    for await (const row of client.callLogs.export({
      ...window,
      columns: ["cost", "call_log_id"],
      call_log_id: ["callLogs.list-0"],
      publisher_id: ["pub_31"],
      tag: ["quality:reviewed", "city:a, b"],
    })) {
      expectTypeOf(row).toEqualTypeOf<{ cost: number | null; call_log_id: string }>();
      seen.push(row);
    }
    expect(seen).toStrictEqual([{ cost: expect.any(Number), call_log_id: "callLogs.list-0" }]);
    const { totals, cursor, bytes } = await client.callLogs.exportFile({
      ...window,
      format: "csv",
      columns: ["call_log_id"],
      totals: "true",
    });
    expect([totals?.["rows"], cursor.length > 20]).toStrictEqual([count, true]);
    await bytes.return();
    expect((await client.callLogs.estimate(window)).rows).toBe(count);
  });

  test("the client throws what the API refuses, gives up where nothing more comes, and can be aborted", async () => {
    const rowsOf = async (
      client: ReturnType<typeof createClient>,
      input: object = {},
      options = {},
      onRow = () => {},
    ) => {
      for await (const _ of client.callLogs.export({ ...window, ...input }, options)) onRow();
    };
    const client = createClient({ url: api.url, key: many.key, retry_pause_ms: 1 });
    await expect(rowsOf(client, { columns: ["costs"] })).rejects.toMatchObject({
      name: "MojaError",
      code: "invalid_request",
      issues: [{ path: "columns" }],
    });
    await expect(rowsOf(createClient({ url: api.url, key: "wrong" }))).rejects.toMatchObject({
      code: "invalid_api_key",
      status: 401,
    });
    await expect(
      rowsOf(createClient({ url: "http://127.0.0.1:9", key: "x", retries_max: 1, retry_pause_ms: 1 })),
    ).rejects.toMatchObject({ code: "unreachable" });
    await using line = await startFlakyProxy(api, { slowly: true });
    line.cuts = [300_000, ...Array.from({ length: 40 }, () => 0)];
    await expect(
      rowsOf(createClient({ url: line.url, key: many.key, retries_max: 2, retry_pause_ms: 1 })),
    ).rejects.toThrow(MojaError);
    // What breaks off at once may break before its headers are read, and is then a request to be tried again.
    expect(line.requests.length).toBeLessThanOrEqual(1 + 3 * 3);
    line.cuts = [300_000];
    line.requests.length = 0;
    await expect(
      rowsOf(
        createClient({ url: line.url, key: many.key, retries_max: 3, retry_pause_ms: 1 }),
        {},
        {},
        () => void (line.isAway = true),
      ),
    ).rejects.toMatchObject({ code: "unreachable" });
    expect(line.requests).toHaveLength(5);
    await expect(rowsOf(client, {}, { signal: AbortSignal.abort("enough") })).rejects.toBe("enough");
    await using slow = await startFlakyProxy(api, { slowly: true });
    await expect(
      rowsOf(createClient({ url: slow.url, key: many.key }), {}, { signal: AbortSignal.timeout(40) }),
    ).rejects.toMatchObject({ name: "TimeoutError" });
  });

  test.each(["csv", "ndjson"] as const)(
    "moja writes the very file as %s, however often the line breaks",
    async (format) => {
      await using line = await startFlakyProxy(api);
      line.cuts = [300_001, 100_003, 99, 1, 200_000];
      const output = `calls.${format}`;
      const run = await moja(line.url, "calls", "--format", format, "--output", output, "--totals", "true");
      expect(run).toMatchObject({
        code: 0,
        out: "",
        err: expect.stringContaining(`Totals: ${count} rows, cost `),
      });
      expect(readFileSync(join(folder, output), "utf8")).toBe(await whole("/v1/exports/call-logs", { format }));
      expect([`${output}.part`, `${output}.moja-progress`].map((file) => existsSync(join(folder, file)))).toStrictEqual(
        [false, false],
      );
      expect(line.requests.length).toBeGreaterThan(5);
    },
  );

  test("moja goes on where it was killed or interrupted, and writes over nothing that another export has begun", async () => {
    await using slow = await startFlakyProxy(api, { slowly: true });
    const begun = async (...args: string[]) => {
      const child = spawn(
        process.execPath,
        [...mojaCommand, "--url", slow.url, "export", "inbound", "--from", window.from, "--to", window.to, ...args],
        { cwd: folder, env: { PATH: process.env["PATH"], MOJA_API_KEY: many.key } },
      );
      const part = join(folder, "inbound-rtb.csv.part");
      while (!existsSync(part) || statSync(part).size < 100_000) await setTimeout(2);
      return child;
    };
    const killed = await begun();
    killed.kill("SIGSTOP");
    expect(await moja(slow.url, "inbound")).toMatchObject({
      code: 1,
      err: `inbound-rtb.csv is being written by process ${killed.pid}: let it end, or begin anew with --restart\n`,
    });
    killed.kill("SIGKILL");
    await once(killed, "exit");
    const another = await moja(slow.url, "inbound", "--order", "asc");
    expect(another).toMatchObject({
      code: 1,
      err: expect.stringContaining("inbound-rtb.csv.part is the beginning of another export"),
    });
    slow.requests.length = 0;
    const run = await moja(slow.url, "inbound");
    expect(run).toMatchObject({ code: 0, err: expect.stringMatching(/Going on after 0\.\d MB of inbound-rtb\.csv/) });
    expect(slow.requests).toStrictEqual([expect.stringContaining("after=")]);
    expect(readFileSync(join(folder, "inbound-rtb.csv"), "utf8")).toBe(await whole("/v1/exports/inbound-rtb", {}));

    const interrupted = await begun();
    const said = text(interrupted.stderr);
    interrupted.kill("SIGINT");
    expect(await once(interrupted, "exit")).toStrictEqual([130, null]);
    expect(await said).toMatch(/Stopped after 0\.\d MB\. The same command goes on from there\./);
    slow.requests.length = 0;
    expect((await moja(slow.url, "inbound", "--order", "asc", "--restart")).code).toBe(0);
    expect(slow.requests).toStrictEqual([expect.not.stringContaining("after=")]);
    expect(readFileSync(join(folder, "inbound-rtb.csv"), "utf8")).toBe(
      await whole("/v1/exports/inbound-rtb", { order: "asc" }),
    );

    const placeless = await begun(
      "--columns",
      ...Array.from(Object.keys(exportOperations[1]?.contract.row.shape ?? {})).filter(
        (name) => name !== "received_at",
      ),
    );
    const saidOfIt = text(placeless.stderr);
    placeless.kill("SIGTERM");
    expect(await once(placeless, "exit")).toStrictEqual([143, null]);
    expect(await saidOfIt).toContain(
      "The same command begins anew, because received_at and request_id are not among the columns.",
    );
  });

  test("moja writes through what is no file, follows a link, and refuses a folder before it asks", async () => {
    const csv = await whole("/v1/exports/call-logs", {});
    execFileSync("mkfifo", [join(folder, "fifo")]);
    const reader = spawn("cat", ["fifo"], { cwd: folder });
    const read = buffer(reader.stdout);
    expect((await moja(api.url, "calls", "--output", "fifo")).code).toBe(0);
    expect((await read).toString()).toBe(csv);
    writeFileSync(join(folder, "target.csv"), "old");
    symlinkSync("target.csv", join(folder, "link.csv"));
    expect((await moja(api.url, "calls", "--output", "link.csv")).code).toBe(0);
    expect([
      lstatSync(join(folder, "link.csv")).isSymbolicLink(),
      readFileSync(join(folder, "target.csv"), "utf8"),
    ]).toStrictEqual([true, csv]);
    expect(await moja("http://127.0.0.1:9", "calls", "--output", ".")).toMatchObject({
      code: 1,
      err: ". is a folder: name a file\n",
    });
    const full = await moja(api.url, "calls", "--output", "/dev/full");
    expect(full).toMatchObject({ code: 1, err: expect.stringContaining("ENOSPC") });
    expect(full.err).not.toContain("    at ");
  });

  test("moja exports every report, in the columns given, also to a pipe, and says what is wrong", async () => {
    for (const [words, path] of [
      [["calls"], "call-logs"],
      [["outbound"], "outbound-rtb"],
      [["webhooks", "incoming"], "incoming-webhooks"],
      [["webhooks", "outgoing"], "outgoing-webhooks"],
    ] as const) {
      expect((await moja(api.url, ...words, "--output", "-", "--format", "ndjson")).out, path).toBe(
        await whole(`/v1/exports/${path}`, { format: "ndjson" }),
      );
    }
    expect((await moja(api.url, "calls", "--columns", "profit", "cost", "--output", "-")).out).toBe(
      await whole("/v1/exports/call-logs", { columns: "profit,cost" }),
    );
    expect(await moja(api.url, "calls", "--columns", "costs")).toMatchObject({
      code: 2,
      err: expect.stringContaining("Allowed choices are call_log_id"),
    });
    const blind = await createKey(api.database, {
      organization_id: many.organization_id,
      name: "blind",
      scopes: ["reports:read"],
    });
    expect(
      await runMoja(["--url", api.url, "export", "calls", "--caller_id", "+13105550142"], folder, {
        PATH: process.env["PATH"] ?? "",
        MOJA_API_KEY: blind,
      }),
    ).toMatchObject({ code: 1, err: expect.stringContaining("missing_scope") });
  });
});
