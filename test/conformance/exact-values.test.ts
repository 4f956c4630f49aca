import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { createKey, type Receipt } from "@moja/store";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runMoja } from "../support/cli.ts";
import { databases } from "../support/databases.ts";
import { exactAt, exactly } from "../support/exact-json.ts";
import { startHarness, type Harness, type Tenant } from "../support/harness.ts";
import { rest } from "../support/http.ts";

type Record_ = Record<string, unknown>;
type Path = (string | number | { type: string })[];

const moment = "2026-05-04T12:00:00.000Z";
const updated_at = moment;
/** Where a value is written into a record. */
const HERE = "<here>";

const call = { kind: "call", started_at: moment, status: "completed", dialed_number: "+18885550100", updated_at };
const event = { occurred_at: moment, type: "law.event", level: "info", message: "m", updated_at };
const inbound = {
  kind: "rtb_request",
  direction: "inbound",
  received_at: moment,
  method: "POST",
  outcome: "no_routes",
  updated_at,
};
const step = { order: 1, name: "ping", status: "succeeded", started_at: moment, response_time_ms: 1 };
const outbound = {
  kind: "rtb_request",
  direction: "outbound",
  sent_at: moment,
  auction_id: "a",
  outcome: "no_bid",
  updated_at,
};
const incoming = {
  kind: "webhook_request",
  direction: "incoming",
  received_at: moment,
  webhook_type: "t",
  method: "POST",
  outcome: "applied",
  http_status: 200,
  updated_at,
};
const outgoing = {
  kind: "webhook_request",
  direction: "outgoing",
  created_at: moment,
  event_type: "x",
  method: "POST",
  status: "failed",
  updated_at,
};
const attempt = { kind: "webhook_attempt", attempt: 1, started_at: moment, updated_at };
const request = { method: "POST", url: "/a" };

/** A place of a record where a value may stand: the record, and where the value is read. */
type Place = { name: string; records: (id: string) => Record_[]; url: (id: string) => string; path: Path };

const calls = (name: string, fields: Record_, path: Path): Place => ({
  name: `call ${name}`,
  records: (id) => [{ ...call, call_log_id: id, ...fields }],
  url: (id) => `/v1/call-logs/${id}`,
  path,
});
const events = (name: string, fields: Record_, path: Path): Place => ({
  name: `event ${name}`,
  records: (id) => [
    { ...event, kind: "call_event", event_id: "e", call_log_id: id, ...fields },
    { ...call, call_log_id: id },
  ],
  url: (id) => `/v1/call-logs/${id}/timeline`,
  path: ["data", { type: "law.event" }, ...path],
});
const rtb = (name: string, record: Record_, path: Path): Place => ({
  name: `${String(record["direction"])} ${name}`,
  records: (id) => [{ ...record, request_id: id }],
  url: (id) => `/v1/rtb/requests/${id}`,
  path,
});
const webhooks = (name: string, fields: Record_, path: Path): Place => ({
  name: `incoming ${name}`,
  records: (id) => [{ ...incoming, request_id: id, ...fields }],
  url: (id) => `/v1/webhooks/incoming-requests/${id}`,
  path,
});

/** A place of every kind of record, of every way in which values are kept. */
const places: Place[] = [
  calls("tags", { tags: HERE }, ["tags"]),
  calls("tag", { tags: { note: HERE } }, ["tags", "note"]),
  calls("name", { campaign_name: HERE }, ["campaign_name"]),
  calls("reason", { reason: HERE }, ["reason"]),
  calls("URL", { recording_url: HERE }, ["recording_url"]),
  calls("money", { cost: HERE }, ["cost"]),
  calls("count", { billable_seconds: HERE }, ["billable_seconds"]),
  events("data", { data: HERE }, ["data"]),
  events("data within", { data: { list: [HERE] } }, ["data", "list", 0]),
  events("message", { message: HERE }, ["message"]),
  {
    name: "rtb event data",
    records: (id) => [
      { ...event, kind: "rtb_event", event_id: "e", request_id: id, data: { v: HERE } },
      { ...inbound, request_id: id },
    ],
    url: (id) => `/v1/rtb/requests/${id}/life-log`,
    path: ["data", { type: "law.event" }, "data", "v"],
  },
  rtb("parameter", { ...inbound, parameters: [{ name: "p", value: HERE }] }, ["parameters", 0, "value"]),
  rtb("parameter's name", { ...inbound, parameters: [{ name: HERE, value: "v" }] }, ["parameters", 0, "name"]),
  rtb("body", { ...inbound, reply: { text: HERE } }, ["reply", "text"]),
  rtb(
    "payout",
    {
      ...inbound,
      eligible_routes: [
        { number: null, payout: HERE, duration: null, payout_condition: null, payout_condition_duration: null },
      ],
    },
    ["eligible_routes", 0, "payout"],
  ),
  rtb("mapped fields", { ...outbound, steps: [{ ...step, mapped_fields: HERE }] }, ["steps", 0, "mapped_fields"]),
  rtb("step's error", { ...outbound, steps: [{ ...step, error: HERE }] }, ["steps", 0, "error"]),
  rtb("URL", { ...outbound, steps: [{ ...step, request: { ...request, url: HERE } }] }, ["steps", 0, "request", "url"]),
  webhooks("change", { changes: [{ field: "f", before: null, after: HERE }] }, ["changes", 0, "after"]),
  webhooks("header", { request: { ...request, headers: [{ name: "h", value: HERE }] } }, [
    "request",
    "headers",
    0,
    "value",
  ]),
  {
    name: "attempt's error",
    records: (id) => [
      { ...attempt, request_id: id, error_message: HERE },
      { ...outgoing, request_id: id },
    ],
    url: (id) => `/v1/webhooks/outgoing-requests/${id}`,
    path: ["attempts", 0, "error_message"],
  },
];

/** Values as JSON text that JavaScript, databases or encodings cannot keep as they are. */
const hostile = [
  "1610521604143693812",
  "-9007199254740993",
  "12345678901234567890",
  "123456789012345680000",
  "1e-400",
  "1E400",
  "5e-324",
  "-0",
  "-0.0",
  "1.50",
  "1e2",
  "0.30000000000000004",
  "0.10000000000000001",
  "0.1234567890123456789",
  "1.0000000000000000000001",
  "[1610521604143693812]",
  '{"a":{"n":[1e400]}}',
  '{"a":1,"a":2}',
  '{"a":1,"\\u0061":1}',
  '{"x":[{"b" : 1,"b":1}]}',
  '{"a\\\\":1,"b":":x","c":"\\":","d" :"y"}',
  '{"__proto__":{"a":1}}',
  '{"a":{"__proto__":"x"}}',
  '{"constructor":"c","toString":"t","hasOwnProperty":"h"}',
  '{"\\ud83d":"x"}',
  '{"\\ud83d":"x","\\ude00":"y"}',
  '{"1":"one","01":"x","-1":"y"}',
  '"Great \\ud83d"',
  '"\\ude00\\ud83d"',
  '"\\ud83d\\ude00"',
  '"a\\u0000b"',
  '"\\\\ud83d"',
  '"12345678901234567890 : 1e400"',
  '": {\\"a\\":1,\\"a\\":2}"',
  '"\\u2028\\uFEFF\\u0301"',
  "true",
  "null",
];

type Case = { id: string; place: Place; raw: string; lines: string[] };

/** Every value in every place, each in records of its own. */
const cases = places.flatMap((place, index) =>
  hostile.map((raw, number): Case => {
    const id = `p${index}v${number}`;
    const lines = place.records(id).map((each) => JSON.stringify(each).replace(`"${HERE}"`, () => raw));
    return { id, place, raw, lines };
  }),
);

describe.each(databases)("on $name", ({ create }) => {
  let api: Harness;
  let service: string;
  let folder: string;
  beforeAll(async () => {
    api = await startHarness(create);
    const scopes = ["ingest:write" as const];
    service = await createKey(api.database, { organization_id: null, name: "producer", scopes });
    folder = await mkdtemp(join(tmpdir(), "moja-exact-"));
  });
  afterAll(async () => {
    await rm(folder, { recursive: true });
    await api[Symbol.asyncDispose]();
  });

  async function post(
    { organization_id }: Tenant,
    type: string,
    body: string | Uint8Array<ArrayBuffer>,
    zipped = false,
  ) {
    const answer = await rest(api, service, "/v1/ingest", {
      method: "POST",
      headers: {
        "Content-Type": type,
        ...(zipped && { "Content-Encoding": "gzip" }),
        "X-Organization-Id": organization_id,
      },
      body: zipped ? gzipSync(body) : body,
    });
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    return answer.body as Receipt;
  }

  /** Pushes over tRPC, as a client does that is not written in JavaScript; in a batch, the second call after 100 lines. */
  async function overTrpc({ organization_id }: Tenant, path: string, body: string): Promise<Set<number>> {
    const answer = await rest(api, service, `/trpc/${path}`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Organization-Id": organization_id },
      body,
    });
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    const results = [answer.body].flat() as { result: { data: Receipt } }[];
    return new Set(results.flatMap(({ result }, call) => [...refusedLines(result.data)].map((at) => at + 100 * call)));
  }

  const refusedLines = ({ refused }: Receipt) => new Set(refused.map(({ index }) => index));

  /** Each way in: pushes lines, and says which were refused, by their place. */
  const transports: Record<string, (tenant: Tenant, lines: string[]) => Promise<Set<number>>> = {
    NDJSON: async (tenant, lines) => refusedLines(await post(tenant, "application/x-ndjson", lines.join("\n"))),
    JSON: async (tenant, lines) =>
      refusedLines(await post(tenant, "application/json", `{"records":[${lines.join(", ")}]}`)),
    tRPC: (tenant, lines) => overTrpc(tenant, "ingest.push", `{"records":[${lines.join(", ")}]}`),
    "a batch over tRPC": (tenant, lines) =>
      overTrpc(
        tenant,
        "ingest.push,ingest.push?batch=1",
        `{"0":{"records":[${lines.slice(0, 100).join(",")}]}, "1" : {"records":[${lines.slice(100).join(", ")}]}}`,
      ),
    gzip: async (tenant, lines) => refusedLines(await post(tenant, "application/x-ndjson", lines.join("\r\n"), true)),
    moja: async ({ organization_id }, lines) => {
      await writeFile(join(folder, "all.ndjson"), lines.map((line) => `${line}\n`).join(""));
      const env = { MOJA_URL: api.url, MOJA_API_KEY: service, HOME: folder };
      const args = ["--organization", organization_id, "ingest", "all.ndjson", "--refused", "refused"];
      const { err } = await runMoja(args, folder, env);
      const entries = (await readFile(join(folder, "refused"), "utf8").catch(() => err)).trimEnd().split("\n");
      await rm(join(folder, "refused"), { force: true });
      return new Set(entries.map((entry) => (JSON.parse(entry) as { line: number }).line - 1));
    },
  };

  /** Pushes all cases in requests of some. Returns the ids of those of which nothing was refused. */
  async function acceptedBy(push: (typeof transports)[string], tenant: Tenant): Promise<Case[]> {
    const accepted: Case[] = [];
    for (let from = 0; from < cases.length; from += 400) {
      const part = cases.slice(from, from + 400);
      const owners = part.flatMap(({ lines }, index) => lines.map(() => index));
      const refused = await push(
        tenant,
        part.flatMap(({ lines }) => lines),
      );
      const refusedCases = new Set([...refused].map((line) => owners[line]));
      accepted.push(...part.filter((_, index) => !refusedCases.has(index)));
    }
    return accepted;
  }

  async function expectReadBack(tenant: Tenant, { id, place, raw }: Case): Promise<void> {
    const answer = await fetch(api.url + place.url(id), { headers: { "X-API-Key": tenant.key } });
    const text = await answer.text();
    expect(answer.status, text).toBe(200);
    expect(text.isWellFormed() && !/\\ud[89a-f]/i.test(text.replaceAll("\\\\", ""))).toBe(true);
    // Money is kept to the micro-dollar, without what is noise of a float alone.
    const isNoise = place.name === "call money" && raw === "0.30000000000000004";
    // 17 digits of a fraction name the same double as its shortest form.
    const isPrintedWhole = raw === "0.10000000000000001";
    const sent = isNoise || isPrintedWhole ? Number(raw).toFixed(1) : raw;
    expect(exactAt(exactly(text), place.path), `${place.name}: ${raw}`).toStrictEqual(exactly(sent));
  }

  test.each(Object.keys(transports))(
    "over %s whatever value is taken is read back exactly as it was sent, and anything else is refused",
    async (name) => {
      const tenant = await api.tenant();
      const accepted = await acceptedBy(transports[name]!, tenant);
      expect(new Set(accepted.map(({ place }) => place.name))).toStrictEqual(new Set(places.map(({ name }) => name)));
      expect(accepted.length).toBeGreaterThan(cases.length / 5);
      for (const each of accepted) await expectReadBack(tenant, each);
    },
    120_000,
  );
});
