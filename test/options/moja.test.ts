import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { contracts, reportExports } from "@moja/contracts";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test, vi } from "vitest";
import { program } from "../../apps/cli/src/program.ts";
import { runInProcess } from "../support/in-process.ts";
import { expectCaseForEach, optionsOf, type Cases } from "../support/options.ts";
import { scripted, type RecordedRequest, type Reply, type Scripted } from "../support/scripted.ts";

/** The lists that people call otherwise than their report. */
const named = {
  "calls list": "callLogs",
  "inbound list": "inboundRtb",
  "outbound list": "outboundRtb",
  "webhooks list incoming": "incomingWebhooks",
  "webhooks list outgoing": "outgoingWebhooks",
} as const;
type Report = (typeof named)[keyof typeof named];

/** The lists as people call them, and the report that each is of: any other is called like its report. */
const lists: Record<string, Report> = {
  ...named,
  ...Object.fromEntries(
    Object.entries(reportExports)
      .filter(([report]) => !Object.values<string>(named).includes(report))
      .map(([report, { path }]) => [`${path.split("/").at(-1)} list`, report as Report]),
  ),
};
const exportsOfLists = Object.fromEntries(
  Object.entries(lists).map(([words, report]) => [`export ${words.replace(" list", "")}`, report]),
);

type Field = { safeParse: (value: unknown) => { success: boolean } };

const page = (data: unknown[], next_cursor: string | null = null) => ({ data, next_cursor, totals: null, applied: {} });
const ofTrpc = (data: unknown): Reply => ({ body: JSON.stringify({ result: { data } }) });
const receipt = (refused: unknown[]) => ({ accepted: 0, unchanged: 0, superseded: 0, refused });
const refusal = {
  type: "",
  title: "",
  status: 400,
  detail: "no",
  code: "invalid_request",
  request_id: "r",
  issues: [],
};

/** The input that a tRPC request carries. */
const inputOf = ({ query }: RecordedRequest) => JSON.parse(query.get("input") ?? "{}") as Record<string, unknown>;

describe("each option of moja has an effect,", () => {
  let api: Scripted;
  let folder: string;
  const home = process.cwd();
  beforeAll(async () => void (api = await scripted(usual)));
  afterAll(() => api[Symbol.asyncDispose]());
  beforeEach(async () => {
    api.asked = [];
    api.reply = usual;
    folder = await mkdtemp(join(inject("tests_folder"), "moja-"));
    process.chdir(folder);
    return () => process.chdir(home);
  });

  /** Answers as an API without rows does; an export holds one line. */
  function usual({ path, query }: RecordedRequest): Reply {
    if (path.startsWith("/v1/exports/"))
      return query.get("estimate") === "true"
        ? { body: JSON.stringify({ rows: 1, bytes_estimated: 5 }) }
        : { headers: { "Content-Type": "text/csv", "X-Export-Cursor": "c" }, body: "line\n" };
    if (path === "/v1/ingest") return { body: JSON.stringify(receipt([])) };
    return ofTrpc(page([]));
  }

  const moja = (words: string, flags: string[] = [], env: Record<string, string> = {}) =>
    runInProcess(program, [...words.split(" "), ...flags], { MOJA_URL: api.url, MOJA_API_KEY: "moja_k_s", ...env });

  /** Values for a parameter's flag that tell it from each other flag, and as the API is asked for them. */
  function valuesFor(name: string, field: Field): { typed: string[]; sent: string | string[] } {
    const { def } = unwrapped(field);
    const element = def.type === "array" ? unwrapped(def.element as Field).def : def;
    const words = Object.values((element.out?.def ?? element).entries ?? {}).map(String);
    const some = words.length > 0 ? words.slice(-2) : [`${name} 1`, `${name} 2`];
    return def.type === "array" ? { typed: some, sent: some } : { typed: some.slice(0, 1), sent: String(some[0]) };
  }

  test.each(Object.entries(lists))(
    "%s: each parameter of the list is a flag that reaches the API",
    async (words, report) => {
      const { cursor: _, ...shape } = contracts[report].list.input.shape as unknown as Record<string, Field>;
      const values = Object.entries(shape).map(([name, field]) => ({ name, ...valuesFor(name, field) }));
      // The window, how it is paged and totalled, and a filter at least.
      expect(values.length).toBeGreaterThanOrEqual(10);
      await moja(words, ["--ndjson", ...values.flatMap(({ name, typed }) => [`--${name}`, ...typed])]);
      await moja(words, ["--ndjson"]);
      expect(api.asked.map(({ path }) => path)).toStrictEqual([`/trpc/${report}.list`, `/trpc/${report}.list`]);
      expect(api.asked.map(inputOf)).toStrictEqual([
        Object.fromEntries(values.map(({ name, sent }) => [name, sent])),
        {},
      ]);
    },
  );

  test.each(Object.entries(exportsOfLists))(
    "%s: each parameter of the export is a flag that reaches the API",
    async (words, report) => {
      const {
        cursor: _,
        after: __,
        estimate: ___,
        ...shape
      } = reportExports[report]!.input.shape as Record<string, Field>;
      const values = Object.entries(shape).map(([name, field]) => ({ name, ...valuesFor(name, field) }));
      await moja(
        words,
        values.flatMap(({ name, typed }) => [`--${name}`, ...typed]),
      );
      await moja(words);
      api.asked = api.asked.filter(({ query }) => query.get("estimate") === null);
      expect(api.asked.map(({ path }) => path)).toStrictEqual([
        reportExports[report]!.path,
        reportExports[report]!.path,
      ]);
      expect(api.asked.map(({ query }) => [...query].toSorted())).toStrictEqual([
        values.flatMap(({ name, sent }) => [sent].flat().map((value) => [name, value])).toSorted(),
        [["format", "csv"]],
      ]);
    },
  );

  const cases: Cases = {
    "--url": async () => {
      const to: string[] = [];
      vi.stubGlobal("fetch", (address: string) => {
        to.push(new URL(address).origin);
        return Promise.resolve(Response.json({ result: { data: {} } }));
      });
      try {
        await runInProcess(program, ["--url", "https://api.moja.example", "whoami"], {
          MOJA_API_KEY: "k",
          MOJA_URL: api.url,
        });
        await runInProcess(program, ["whoami"], { MOJA_API_KEY: "k" });
      } finally {
        vi.unstubAllGlobals();
      }
      expect(to).toStrictEqual(["https://api.moja.example", "http://127.0.0.1:3000"]);
    },
    "--organization": async () => {
      await moja("--organization org_a whoami");
      await moja("whoami");
      expect(api.asked.map(({ headers }) => headers["x-organization-id"])).toStrictEqual(["org_a", undefined]);
    },
    ...Object.fromEntries(Object.entries(lists).flatMap(([words, report]) => casesOfList(words, report))),
    ...Object.fromEntries(Object.entries(exportsOfLists).flatMap(([words, report]) => casesOfExport(words, report))),
    "call show --json": async () => {
      const { output } = contracts.callLogs.timeline.example;
      api.reply = () => ofTrpc(output);
      const id = output.call.call_log_id;
      expect(JSON.parse((await moja("call show", [id, "--json"])).out)).toStrictEqual({
        call: output.call,
        timeline: output.data,
      });
      expect(api.asked).toHaveLength(1);
      expect((await moja("call show", [id])).out).toMatch(new RegExp(`^${id} `));
    },
    "rtb show --json": async () => {
      const { get, lifeLog } = contracts.rtbRequests;
      api.reply = ({ path }) => ofTrpc((path.endsWith(".get") ? get : lifeLog).example.output);
      const id = get.example.output.request_id;
      expect(JSON.parse((await moja("rtb show", [id, "--json"])).out)).toStrictEqual({
        request: get.example.output,
        life_log: lifeLog.example.output.data,
      });
      expect((await moja("rtb show", [id])).out).toMatch(new RegExp(`^${id} `));
    },
    "ingest --refused": async () => {
      api.reply = () => ({
        body: JSON.stringify(receipt([{ index: 0, code: "invalid_record", issues: [{ path: "", message: "no" }] }])),
      });
      await writeFile("records", '{"a":1}\n');
      expect(await moja("ingest", ["records", "--refused", "elsewhere"])).toMatchObject({ code: 3 });
      expect(await readFile("elsewhere", "utf8")).toContain('"line":1');
      expect(existsSync("records.refused.ndjson")).toBe(false);
      expect((await moja("ingest", ["records"])).err).toContain("(see records.refused.ndjson)");
      expect(await readFile("records.refused.ndjson", "utf8")).toContain('"line":1');
    },
    "ingest --restart": async () => {
      await writeFile("records", '{"a":1}\n'.repeat(1001));
      const pushed = () => api.asked.splice(0).map(({ body }) => body.split("\n").length - 1);
      const halfWay = async () => {
        api.reply = ({ body }) =>
          body.length > 100 ? usual(api.asked[0]!) : { status: 400, body: JSON.stringify(refusal) };
        await expect(moja("ingest", ["records"])).rejects.toThrow("no");
        expect(pushed().toSorted()).toStrictEqual([1, 1000]);
        api.reply = usual;
      };
      await halfWay();
      await moja("ingest", ["records"]);
      expect(pushed(), "goes on after the first thousand").toStrictEqual([1]);
      await halfWay();
      await moja("ingest", ["records", "--restart"]);
      expect(pushed().toSorted()).toStrictEqual([1, 1000]);
    },
  };

  function casesOfList(words: string, report: Report): [string, () => Promise<void>][] {
    const row = contracts[report].list.example.output.data[0] as Record<string, unknown>;
    const { id } = contracts[report].list;
    const pages = (each: RecordedRequest) =>
      ofTrpc("cursor" in inputOf(each) ? page([{ ...row, [id]: "second" }]) : page([row], "next"));
    return [
      [
        `${words} --all`,
        async () => {
          api.reply = pages;
          const first = await moja(words, ["--ndjson"]);
          expect([first.out.trim().split("\n").length, first.err]).toStrictEqual([1, expect.stringContaining("more")]);
          const all = await moja(words, ["--ndjson", "--all"]);
          const ids = all.out
            .trim()
            .split("\n")
            .map((line) => (JSON.parse(line) as Record<string, unknown>)[id]);
          expect([ids, all.err]).toStrictEqual([[row[id], "second"], ""]);
        },
      ],
      [
        `${words} --json`,
        async () => {
          api.reply = pages;
          const shown = JSON.parse((await moja(words, ["--json"])).out) as Record<string, unknown>;
          expect(shown).toMatchObject({ data: [row], next_cursor: "next" });
          expect((await moja(words)).out).toMatch(/^┌[^]*│/);
        },
      ],
      [
        `${words} --ndjson`,
        async () => {
          api.reply = pages;
          expect((await moja(words, ["--ndjson"])).out).toBe(`${JSON.stringify(row)}\n`);
          expect((await moja(words)).out).not.toContain(JSON.stringify(row));
        },
      ],
    ];
  }

  function casesOfExport(words: string, report: Report): [string, () => Promise<void>][] {
    const named = `${reportExports[report]!.path.split("/").at(-1)}.csv`;
    return [
      [
        `${words} --output`,
        async () => {
          expect((await moja(words, ["--output", "given.csv"])).err).toContain("Written to given.csv");
          expect((await moja(words)).err).toContain(`Written to ${named}`);
          expect((await moja(words, ["--output", "-"])).out).toBe("line\n");
          expect((await readdir(folder)).toSorted()).toStrictEqual(["given.csv", named].toSorted());
          expect(await readFile("given.csv", "utf8")).toBe("line\n");
        },
      ],
      [
        `${words} --restart`,
        async () => {
          await writeFile(`${named}.part`, "another");
          await writeFile(`${named}.moja-progress`, JSON.stringify({ same: "another", pid: process.pid, cursor: "c" }));
          await expect(moja(words)).rejects.toThrow("is the beginning of another export");
          expect((await moja(words, ["--restart"])).err).toContain(`Written to ${named}`);
          expect(await readFile(named, "utf8")).toBe("line\n");
        },
      ],
    ];
  }

  test("and a case that observes it; the flags of parameters are those of the API", () => {
    const parameters = [
      ...Object.entries(lists).flatMap(([words, report]) =>
        Object.keys(contracts[report].list.input.shape).map((name) => `${words} --${name}`),
      ),
      ...Object.entries(exportsOfLists).flatMap(([words, report]) =>
        Object.keys(reportExports[report]!.input.shape).map((name) => `${words} --${name}`),
      ),
    ].filter((option) => !/ --(cursor|after|estimate)$/.test(option));
    const options = optionsOf(program);
    expect(options).toEqual(expect.arrayContaining(parameters));
    expectCaseForEach(
      options.filter((option) => !parameters.includes(option)),
      cases,
    );
  });
  test.each(Object.entries(cases))("%s", (_, observe) => observe());

  const variables: Cases = {
    MOJA_URL: async () => {
      await moja("whoami");
      expect(api.asked).toHaveLength(1);
      await moja("whoami", [], { MOJA_URL: `${api.url}/below` });
      expect(api.asked.map(({ path }) => path)).toStrictEqual(["/trpc/me.get", "/below/trpc/me.get"]);
    },
    MOJA_API_KEY: async () => {
      await moja("whoami", [], { MOJA_API_KEY: "one" });
      await moja("whoami", [], { MOJA_API_KEY: "other" });
      expect(api.asked.map(({ headers }) => headers["x-api-key"])).toStrictEqual(["one", "other"]);
      await expect(moja("whoami", [], { MOJA_API_KEY: "" })).rejects.toThrow("MOJA_API_KEY is not set");
    },
    MOJA_ORGANIZATION_ID: async () => {
      await moja("whoami", [], { MOJA_ORGANIZATION_ID: "org_b" });
      await moja("--organization org_a whoami", [], { MOJA_ORGANIZATION_ID: "org_b" });
      expect(api.asked.map(({ headers }) => headers["x-organization-id"])).toStrictEqual(["org_b", "org_a"]);
    },
  };

  test("each variable of moja has an effect, and a case that observes it", async () => {
    const source = new URL("../../apps/cli/src/", import.meta.url);
    const names = (await readdir(source, { recursive: true })).filter((name) => name.endsWith(".ts"));
    const files = await Promise.all(names.map((name) => readFile(new URL(name, source), "utf8")));
    const read = files.flatMap((file) => [...file.matchAll(/process\.env\["(\w+)"\]|\.env\("(\w+)"\)/g)]);
    expectCaseForEach([...new Set(read.map(([, one, other]) => String(one ?? other)))], variables);
  });
  test.each(Object.entries(variables))("%s", (_, observe) => observe());
});

/** A field of zod's, without what says whether it must be there. */
type Definition = { type: string; element?: unknown; entries?: Record<string, unknown>; out?: { def: Definition } };

function unwrapped(field: Field): { def: Definition } {
  const { def } = field as unknown as { def: Definition & { innerType?: Field } };
  return def.innerType ? unwrapped(def.innerType) : { def };
}
