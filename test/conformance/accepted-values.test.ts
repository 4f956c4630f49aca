import { createClient } from "@moja/client";
import type { RecordInput } from "@moja/contracts";
import { createKey, type Receipt } from "@moja/store";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { databases } from "../support/databases.ts";
import { download, readNdjson } from "../support/download.ts";
import { ingestOrFail, startHarness, type Harness, type Tenant } from "../support/harness.ts";
import { pathFor, rest, trpc } from "../support/http.ts";
import { propertyRuns, timeoutFor } from "../support/property-runs.ts";

type Row = Record<string, any>;

const moment = "2026-05-04T12:00:00.000Z";
const call = {
  kind: "call",
  call_log_id: "c",
  started_at: moment,
  status: "completed",
  dialed_number: "+18885550100",
  updated_at: moment,
} as const;
const incoming = {
  kind: "webhook_request",
  direction: "incoming",
  request_id: "r",
  received_at: moment,
  webhook_type: "t",
  method: "POST",
  outcome: "applied",
  http_status: 200,
  updated_at: moment,
} as const;
const list = { path: "/v1/call-logs" };

describe.each(databases)("on $name", ({ create }) => {
  let api: Harness;
  let service: string;
  let tenant: Tenant;
  beforeAll(async () => {
    api = await startHarness(create);
    tenant = await api.tenant();
    service = await createKey(api.database, { organization_id: null, name: "producer", scopes: ["ingest:write"] });
  });
  afterAll(() => api[Symbol.asyncDispose]());

  async function post(body: string | Buffer, type = "application/x-ndjson") {
    const headers = { "Content-Type": type, "X-Organization-Id": tenant.organization_id };
    return rest(api, service, "/v1/ingest", { method: "POST", headers, body: new Uint8Array(Buffer.from(body)) });
  }
  const push = async (record: object) => (await post(JSON.stringify(record))).body as Receipt;

  describe("an instant", () => {
    test.each([
      ["2026-05-04T12:00:00Z", moment],
      ["2026-05-04T12:00:00.1Z", "2026-05-04T12:00:00.100Z"],
      ["2026-05-04T12:00:00.123456Z", "2026-05-04T12:00:00.123Z"],
      ["2026-05-04T12:00:00.999999999+00:00", "2026-05-04T12:00:00.999Z"],
      ["2026-05-04t12:00:00z", moment],
      ["2026-05-04 12:00:00+00:00", moment],
      ["2026-05-04T14:00:00+02:00", moment],
      ["2026-05-04T05:30:00.000-06:30", moment],
      ["2024-02-29T23:59:59-00:00", "2024-02-29T23:59:59.000Z"],
      ["1970-01-01T00:00:00.001Z", "1970-01-01T00:00:00.001Z"],
      ["9999-12-31T23:59:59.998Z", "9999-12-31T23:59:59.998Z"],
    ])("of %s is taken as %s, and is in a list", async (sent, kept) => {
      const { refused } = await push({ ...call, call_log_id: "instant", started_at: sent, updated_at: sent });
      expect(refused).toStrictEqual([]);
      const window = { from: kept, to: "9999-12-31T23:59:59.999Z", order: "asc", limit: 1 };
      const { body } = await rest(api, tenant.key, pathFor(list, window));
      expect(body.data[0]).toMatchObject({ started_at: kept, updated_at: kept });
      await api.database("calls").where({ call_log_id: "instant" }).delete();
    });

    test.each([
      ["0001-01-01T00:00:00Z", "zero time"],
      ["0001-01-01T00:00:00", "zero time"],
      ["0000-00-00 00:00:00", "zero time"],
      ["1970-01-01T00:00:00.000Z", "zero time"],
      ["1970-01-01T02:00:00+02:00", "zero time"],
      ["1969-12-31T23:59:59.999Z", "zero time"],
      ["9999-12-31T23:59:59.999Z", "before 9999-12-31T23:59:59.999Z"],
      ["2026-05-04T12:00:00", "with its offset"],
      ["2026-05-04", "with its offset"],
      ["2026-02-29T12:00:00Z", "with its offset"],
      ["2026-05-04T24:00:00Z", "with its offset"],
      ["2016-12-31T23:59:60Z", "leap second"],
      ["2016-12-31T18:59:60.5-05:00", "leap second"],
      ["2016-12-31T23:59:61Z", "with its offset"],
      ["1777896000000", "with its offset"],
    ])("of %s is refused in words", async (sent, words) => {
      for (const field of ["started_at", "connected_at"]) {
        const { refused } = await push({ ...call, [field]: sent });
        expect(refused).toMatchObject([{ issues: [{ path: field, message: expect.stringContaining(words) }] }]);
      }
    });
  });

  describe("money", () => {
    test.each([
      [0.1 + 0.2, 0.3],
      [1.1 * 3, 3.3],
      [1000.1 - 1000, 0.1],
      [0.1 + 0.2 - 0.3, 0],
      [4.35 * 100, 435],
      [1.005, 1.005],
      [999_999_999.999_999, 999_999_999.999_999],
    ])("of %d is taken as %d: only what is noise of a float is lost", async (sent, kept) => {
      const { refused } = await push({
        ...call,
        call_log_id: "money",
        cost: sent,
        updated_at: new Date().toISOString(),
      });
      expect(refused).toStrictEqual([]);
      expect((await rest(api, tenant.key, "/v1/call-logs/money")).body.cost).toBe(kept);
    });

    test.each([
      ["0.10000000000000001", 0.1],
      ["1.1000000000000001", 1.1],
      ["2.2999999999999998", 2.3],
    ])("with the 17 digits of %s is the same number as %d", async (sent, kept) => {
      const record = { ...call, call_log_id: "digits", cost: 7, updated_at: new Date().toISOString() };
      const { body } = await post(JSON.stringify(record).replace('"cost":7', `"cost":${sent}`));
      expect(body.refused).toStrictEqual([]);
      expect((await rest(api, tenant.key, "/v1/call-logs/digits")).body.cost).toBe(kept);
    });

    test.each([0.0000001, 1.0000005, 0.123_456_7, 0.100_000_000_1, 12.345_678_9])(
      "of %d is refused, because more than noise would be lost",
      async (cost) => {
        const { refused } = await push({ ...call, cost });
        expect(refused).toMatchObject([{ issues: [{ path: "cost", message: "must have at most six decimals" }] }]);
      },
    );
  });

  describe("what real systems send is taken", () => {
    test.each([
      ["a host with an underscore", { ...incoming, url_host: "my_host.example" }],
      ["a host with its port", { ...incoming, url_host: "hooks.example:8443" }],
      ["a host in another script", { ...incoming, url_host: "例え.テスト" }],
      ["an IPv6 host with its zone", { ...incoming, url_host: "[fe80::1%eth0]:80" }],
      ["a URL of 9 KiB", { ...incoming, request: { method: "GET", url: `/a?b=${"x".repeat(9 * 1024)}` } }],
      [
        "base64 in the alphabet of URLs",
        { ...incoming, request: { method: "POST", url: "/", body: { encoding: "base64", text: "_-8" } } },
      ],
    ])("%s", async (_what, record) =>
      expect(await push({ ...record, updated_at: new Date().toISOString() })).toMatchObject({
        refused: [],
        accepted: 1,
      }),
    );

    test("a host in capitals, which is kept and found as URLs write it: in small letters", async () => {
      const updated_at = new Date().toISOString();
      expect(
        await push({ ...incoming, request_id: "capitals", url_host: "Hooks.EXAMPLE:443", updated_at }),
      ).toMatchObject({
        refused: [],
      });
      for (const asked of ["hooks.example:443", "HOOKS.example:443"]) {
        const { body } = await rest(
          api,
          tenant.key,
          pathFor({ path: "/v1/webhooks/incoming-requests" }, { url_host: [asked], request_id: ["capitals"] }),
        );
        expect(body.data).toMatchObject([{ url_host: "hooks.example:443" }]);
        expect(body.applied.filters.url_host).toStrictEqual(["hooks.example:443"]);
      }
    });

    test("a call that was connected a second longer than it lasted, by rounding", async () => {
      const rounded = { ...call, call_log_id: "rounded", connected_seconds: 115, duration_seconds: 114 };
      expect(await push(rounded)).toMatchObject({ accepted: 1 });
    });
  });

  const body = (text: string) => ({
    ...incoming,
    request: { method: "POST", url: "/", body: { encoding: "base64", text } },
  });
  test.each<[string, object, string, string]>([
    ["an HTTP status of 0", { ...incoming, http_status: 0 }, "http_status", "send null, not 0"],
    [
      "a tag's key with a colon",
      { ...call, tags: { "a:b": "c" } },
      "tags.a:b",
      "1 to 64 characters without : , and NUL",
    ],
    [
      "a tag's key that is too long",
      { ...call, tags: { ["k".repeat(65)]: "c" } },
      `tags.${"k".repeat(65)}`,
      "1 to 64 characters",
    ],
    ["a URL as a host", { ...incoming, url_host: "https://a.example/" }, "url_host", "with its port"],
    [
      "connected two seconds longer",
      { ...call, connected_seconds: 116, duration_seconds: 114 },
      "connected_seconds",
      "one second of rounding",
    ],
    ["a data URL as base64", body("data:image/png;base64,iVBORw0KGgo="), "request.body.text", "must be base64"],
    ["JSON as base64", body('{"a":1}'), "request.body.text", "must be base64"],
    ["base64 in lines", body("QUJD\r\nQUJD"), "request.body.text", "without line breaks"],
    ["base64 with bits to spare", body("QR=="), "request.body.text", "must be base64"],
    ["base64 cut short", body("QUJDQ"), "request.body.text", "must be base64"],
    ["routed by RTB, without its id", { ...call, dial_type: "rtb" }, "rtb_id", "is needed"],
    ["routed by RTB, with its name alone", { ...call, dial_type: "rtb", rtb_name: "a" }, "rtb_id", "is needed"],
    ["routed by RTB in capitals", { ...call, dial_type: "RTB" }, "dial_type", "lower case"],
    ["routed by a target in capitals", { ...call, dial_type: "Target" }, "dial_type", "lower case"],
    ["routed by a target, without its id", { ...call, dial_type: "target" }, "target_id", "is needed"],
    ["an RTB id of another route", { ...call, dial_type: "ivr", rtb_id: "r" }, "rtb_id", "alone"],
    ["a target id of another route", { ...call, dial_type: "rtb", rtb_id: "r", target_id: "t" }, "target_id", "alone"],
  ])("%s is refused in true words", async (_what, record, path, words) => {
    const { refused } = await push(record);
    expect(refused).toMatchObject([{ issues: [{ path, message: expect.stringContaining(words) }] }]);
  });

  describe("an encoding other than UTF-8", () => {
    const line = JSON.stringify({ ...call, call_log_id: "encoded", campaign_name: "Muñoz" });
    const utf16 = (text: string) => Buffer.from(`\uFEFF${text}`, "utf16le");
    const utf32 = (text: string) =>
      Buffer.from(new Uint32Array([...text].map((each) => each.codePointAt(0) ?? 0)).buffer);

    test("fails its line only, by name", async () => {
      const latin = Buffer.from(`${line.replace("encoded", "latin")}\n`, "latin1");
      const receipt = (await post(Buffer.concat([latin, Buffer.from(line)]))).body;
      const issues = [{ path: "", message: "is not UTF-8: convert it to UTF-8" }];
      expect(receipt).toMatchObject({ accepted: 1, refused: [{ index: 0, code: "invalid_json", issues }] });
    });

    test.each([
      ["UTF-16", utf16(line)],
      ["UTF-16", utf16(line).swap16()],
      ["UTF-16", Buffer.from(line, "utf16le")],
      ["UTF-32", utf32(line)],
    ])("is named: %s", async (name, bytes) => {
      const [refused] = (await post(bytes)).body.refused;
      expect(refused).toMatchObject({
        code: "invalid_json",
        issues: [{ message: expect.stringContaining(`is ${name}, not UTF-8`) }],
      });
      const inJson = await post(bytes, "application/json");
      expect([inJson.status, inJson.body.detail]).toStrictEqual([
        400,
        expect.stringContaining(`is ${name}, not UTF-8`),
      ]);
    });

    test("in JSON fails the request, by name; a byte order mark does not", async () => {
      const answer = await post(Buffer.from(`{"records":[${line}]}`, "latin1"), "application/json");
      expect([answer.status, answer.body.detail]).toStrictEqual([400, "The body is not UTF-8: convert it to UTF-8."]);
      for (const [text, type] of [
        [`\uFEFF${line}`, undefined],
        [`\uFEFF{"records":[${line}]}`, "application/json"],
      ] as const)
        expect((await post(text, type)).body).toMatchObject({ refused: [] });
    });
  });

  test.each([
    ["a list of records", (line: string) => `[${line}]`, "json"],
    ["a record alone", (line: string) => `\uFEFF ${line}`, "json"],
    ["a record alone over several lines", (line: string) => JSON.stringify(JSON.parse(line), null, 2), "text/json"],
  ])("of JSON, %s is taken as a request of it, and as exactly", async (_what, written, type) => {
    const media = type.includes("/") ? type : `application/${type}`;
    const record = {
      ...call,
      call_log_id: `bare ${written("1")}`.replace(/[^a-z0-9]/gi, ""),
      updated_at: new Date().toISOString(),
    };
    expect((await post(written(JSON.stringify(record)), media)).body).toMatchObject({ accepted: 1, refused: [] });
    const { refused } = (
      await post(written(JSON.stringify(record)).replace(/"kind": ?/, '"cost":1e-400,"cost":1,$&'), media)
    ).body;
    expect(refused).toMatchObject([{ index: 0, issues: [{ path: "cost" }, { path: "cost" }] }]);
  });

  test("of a JSON request, what is inexact outside of its records is refused as a whole", async () => {
    const line = JSON.stringify(call);
    const answer = await post(`{"records":[],"records":[${line}]}`, "application/json");
    expect([answer.status, answer.body.issues]).toStrictEqual([
      400,
      [{ path: "records", message: "is there twice in its object: send each member once" }],
    ]);
  });

  test("the words for an inexact value name its place, what it would become, and what to do", async () => {
    const record = {
      ...call,
      kind: "call_event",
      event_id: "e",
      occurred_at: moment,
      type: "x",
      level: "info",
      message: "m",
    };
    const { started_at: _s, status: _t, dialed_number: _d, ...event } = record;
    const text = JSON.stringify({ ...event, data: { a: [{ id: "HERE" }] } }).replace('"HERE"', "1610521604143693812");
    const issues = [
      {
        path: "data.a.0.id",
        message: "1610521604143693812 would become 1610521604143693800 as a JSON number: send it as text",
      },
    ];
    expect((await post(text)).body.refused).toStrictEqual([{ index: 0, code: "invalid_record", issues }]);
    const inJson = await post(`{"records":[${JSON.stringify(call)},${text}]}`, "application/json");
    expect(inJson.body.refused).toStrictEqual([{ index: 1, code: "invalid_record", issues }]);
  });

  describe("the client's push", () => {
    const event = {
      kind: "call_event",
      call_log_id: "c",
      event_id: "client",
      occurred_at: moment,
      type: "x",
      level: "info",
      message: "m",
      updated_at: moment,
    } as const;
    const producer = () => createClient({ url: api.url, key: service, organization_id: tenant.organization_id });
    const holding = (value: unknown) => [{ ...event, data: { deep: [value] } }] as unknown as RecordInput[];
    const itself: Row = {};
    itself["self"] = itself;

    test.each<[string, unknown]>([
      ["NaN", NaN],
      ["Infinity", Infinity],
      ["-Infinity", -Infinity],
      ["a BigInt", 1n],
      ["undefined", undefined],
      ["a function", () => 1],
      ["a symbol", Symbol("s")],
      ["an invalid date", new Date(NaN)],
      ["a Map", new Map([["a", 1]])],
      ["a Set", new Set([1])],
      ["bytes", new Uint8Array(2)],
      ["what writes itself as NaN", { toJSON: () => NaN }],
      ["a hole", Object.assign([], { length: 2 })],
      ["a circle", itself],
    ])("throws for %s, and sends nothing", async (_what, value) => {
      await expect(producer().ingest.push(holding(value))).rejects.toThrow(TypeError);
      await expect(async () => {
        for await (const _ of producer().ingest.pushAll(holding(value))) expect.unreachable();
      }).rejects.toThrow(/^records\.0\.data\.deep\.0/);
      expect(await api.database("call_events").where({ event_id: "client" })).toStrictEqual([]);
    });

    test("takes what JSON can say: a date, what is left out, what writes itself", async () => {
      const when = new Date(moment);
      const records = holding({ when, left: undefined, big: { toJSON: () => "12" } });
      expect(await producer().ingest.push(records)).toMatchObject({ accepted: 1, refused: [] });
      await ingestOrFail(tenant, [call]);
      const { body } = await rest(api, tenant.key, "/v1/call-logs/c/timeline");
      expect(body.data.find(({ type }: Row) => type === "x").data).toStrictEqual({
        deep: [{ when: moment, big: "12" }],
      });
      await api.database("call_events").where({ event_id: "client" }).delete();
    });
  });

  describe("a tag that a call has", () => {
    const character = fc.constantFrom(..."aAñ漢😀 ,:%+&=#?/\\\"'[]{}|\n\t~-_.0");
    const key = fc
      .string({ unit: character, minLength: 1, maxLength: 20 })
      .filter((text) => /^[^:,]+$/.test(text) && text !== "__proto__");
    const tags = fc.dictionary(key, fc.string({ unit: character, maxLength: 12 }), {
      minKeys: 1,
      maxKeys: 4,
      noNullPrototype: true,
    });

    /** The ids of the calls with a tag, as the list, tRPC and the export find them. */
    async function tagged(owner: Tenant, tag: string): Promise<string[][]> {
      const input = { from: "2026-05-04", to: "2026-05-05", tag: [tag] };
      const encoded = `/v1/call-logs?from=2026-05-04&to=2026-05-05&tag=${encodeURIComponent(tag)}`;
      const [overRest, overTrpc] = [
        await rest(api, owner.key, encoded),
        await trpc(api, owner.key, "callLogs.list", input),
      ];
      const file = await download(
        api,
        owner.key,
        encoded.replace("/v1/call-logs?", "/v1/exports/call-logs?format=ndjson&"),
      );
      const client = createClient({ url: api.url, key: owner.key });
      const exported: Row[] = [];
      for await (const row of client.callLogs.export(input)) exported.push(row);
      return [overRest.body.data, overTrpc.body.data, readNdjson(file.bytes), exported].map((rows: Row[]) =>
        rows.map((row) => String(row["call_log_id"])).sort(),
      );
    }

    test(
      "is found by its filter, and finds no other call: over REST, tRPC, in exports and by the client",
      async () => {
        const property = fc.asyncProperty(fc.array(tags, { minLength: 2, maxLength: 4 }), async (all) => {
          const owner = await api.tenant();
          await ingestOrFail(
            owner,
            all.map((tags, index): RecordInput => ({ ...call, call_log_id: `c${index}`, tags })),
          );
          const pairs = new Map(
            all.flatMap((tags) => Object.entries(tags).map(([name, value]) => [`${name}:${value}`, [name, value]])),
          );
          for (const [tag, [name = "", value]] of pairs) {
            const having = all.flatMap((tags, index) =>
              Object.hasOwn(tags, name) && tags[name] === value ? [`c${index}`] : [],
            );
            for (const found of await tagged(owner, tag)) expect(found, tag).toStrictEqual(having);
          }
        });
        await fc.assert(property, propertyRuns(6));
      },
      timeoutFor(30),
    );

    test.each([
      ["a comma", "city", "Austin, TX"],
      ["a colon", "url", "https://a.example:80/?a=b,c"],
      ["nothing", "note", ""],
      ["a percent sign", "rate", "100%2C"],
    ])("is found by its filter when its value holds %s", async (_what, name, value) => {
      const owner = await api.tenant();
      const others: Row[] = [{ [name]: "Austin" }, { [name]: `${value}x` }, { other: value }];
      await ingestOrFail(
        owner,
        [{ [name]: value }, ...others].map((tags, index): RecordInput => ({ ...call, call_log_id: `c${index}`, tags })),
      );
      for (const found of await tagged(owner, `${name}:${value}`)) expect(found).toStrictEqual(["c0"]);
    });
  });
});
