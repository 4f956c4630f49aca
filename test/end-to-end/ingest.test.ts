import { gzipSync } from "node:zlib";
import { createClient } from "@moja/client";
import { exampleRecords, ingest, type RecordInput } from "@moja/contracts";
import { createKey } from "@moja/store";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { exampleSecret } from "../support/caller-ref.ts";
import { databases } from "../support/databases.ts";
import { ingestOrFail, startHarness, type Harness } from "../support/harness.ts";
import { pathFor, reports, rest, trpc } from "../support/http.ts";

describe.each(databases)("ingest on $name", ({ create }) => {
  let api: Harness;
  let service: string;
  beforeAll(async () => {
    api = await startHarness(create);
    service = await createKey(api.database, {
      organization_id: null,
      name: "producers",
      scopes: ["ingest:write", "reports:read", "pii:read"],
    });
  });
  afterAll(() => api[Symbol.asyncDispose]());

  const push = (
    organization_id: string,
    body: string | Buffer<ArrayBuffer>,
    headers: Record<string, string> = { "Content-Type": "application/json" },
  ) =>
    rest(api, service, "/v1/ingest", {
      method: "POST",
      body,
      headers: { "X-Organization-Id": organization_id, ...headers },
    });

  async function pushOverTrpc(organization_id: string, records: readonly unknown[]) {
    const response = await fetch(`${api.url}/trpc/ingest.push`, {
      method: "POST",
      body: JSON.stringify({ records }),
      headers: { "Content-Type": "application/json", "X-API-Key": service, "X-Organization-Id": organization_id },
    });
    const body = (await response.json()) as { result?: { data: unknown }; error?: { data: unknown } };
    return { status: response.status, body: body.result?.data ?? body.error?.data };
  }

  test("answers its documented example, alike over REST and tRPC", async () => {
    const [first, second] = [await api.tenant(), await api.tenant()];
    const overRest = await push(first.organization_id, JSON.stringify(ingest.push.example.input));
    expect([overRest.status, overRest.body]).toStrictEqual([200, ingest.push.example.output]);
    expect(await pushOverTrpc(second.organization_id, ingest.push.example.input.records)).toStrictEqual({
      status: 200,
      body: overRest.body,
    });
  });

  test("writes what the reports answer, for the organization that it names and no other", async () => {
    const [tenant, stranger] = [await api.tenant({ hash_secret: exampleSecret }), await api.tenant()];
    expect((await push(tenant.organization_id, JSON.stringify({ records: exampleRecords }))).body.accepted).toBe(
      exampleRecords.length,
    );
    for (const { contract } of reports) {
      expect((await rest(api, tenant.key, pathFor(contract, contract.example.input))).body).toStrictEqual(
        contract.example.output,
      );
      expect((await rest(api, stranger.key, pathFor(contract, contract.example.input))).body).not.toStrictEqual(
        contract.example.output,
      );
    }
  });

  test("takes gzip, and one record a line of which a broken one is refused alone", async () => {
    const lines = [
      ...exampleRecords.slice(0, 3).map((each) => JSON.stringify(each)),
      '{"kind":"call",',
      ...exampleRecords.slice(3, 5).map((each) => JSON.stringify(each)),
      "",
    ].join("\n");
    const plain = await push((await api.tenant()).organization_id, lines, { "Content-Type": "application/x-ndjson" });
    expect(plain.body).toMatchObject({
      accepted: 5,
      refused: [{ index: 3, code: "invalid_json", issues: [{ path: "", message: expect.stringContaining("JSON") }] }],
    });
    const zipped = await push((await api.tenant()).organization_id, gzipSync(lines), {
      "Content-Type": "application/x-ndjson",
      "Content-Encoding": "gzip",
    });
    expect(zipped.body).toStrictEqual(plain.body);
    const json = await push(
      (await api.tenant()).organization_id,
      gzipSync(JSON.stringify({ records: exampleRecords })),
      { "Content-Type": "application/json; charset=utf-8", "Content-Encoding": "gzip" },
    );
    expect(json.body.accepted).toBe(exampleRecords.length);
  });

  test("keeps what an event says as it came, and refuses what JSON cannot say", async () => {
    const tenant = await api.tenant();
    const line = (event_id: string, data: string) =>
      `{"kind":"rtb_event","request_id":"req_in_5w8d","event_id":"${event_id}","occurred_at":"2026-05-04T12:00:00.000Z","type":"inbound.received","level":"info","message":"x","data":${data},"updated_at":"2026-05-04T12:00:00.000Z"}`;
    const said = '{"a":[1,-2.5e-7,{"b":null,"__proto__":{"c":true}},""],"1":"first"}';
    await ingestOrFail(tenant, exampleRecords);
    const pushed = await push(
      tenant.organization_id,
      [line("said", said), line("infinite", '{"a":[{"b":1e999}]}'), line("none", '"text"')].join("\n"),
      { "Content-Type": "application/x-ndjson" },
    );
    expect(
      pushed.body.refused.map(({ index, issues }: { index: number; issues: unknown }) => [index, issues]),
    ).toStrictEqual([
      [1, [{ path: "data.a.0.b", message: "1e999 would become Infinity as a JSON number: send it as text" }]],
      [2, [{ path: "data", message: "must be an object" }]],
    ]);
    const answer = await fetch(`${api.url}/v1/rtb/requests/req_in_5w8d/life-log`, {
      headers: { "X-API-Key": tenant.key },
    });
    expect(await answer.text()).toContain(JSON.stringify(JSON.parse(said)));
  });

  test("refuses a request that cannot be read, is too large, or of another type", async () => {
    const { organization_id } = await api.tenant();
    const refused = async (body: string | Buffer<ArrayBuffer>, headers?: Record<string, string>) => {
      const answer = await push(organization_id, body, headers);
      return [answer.status, answer.body.code, answer.body.issues[0]?.path];
    };
    expect(await refused("{broken")).toStrictEqual([400, "invalid_request", undefined]);
    expect(await refused("not gzip", { "Content-Type": "application/json", "Content-Encoding": "gzip" })).toStrictEqual(
      [400, "invalid_request", undefined],
    );
    expect(await refused("{}")).toStrictEqual([400, "invalid_request", "records"]);
    expect(await refused('{"records":[]}')).toStrictEqual([400, "invalid_request", "records"]);
    expect(await refused('{"records":[{}],"x":1}')).toStrictEqual([400, "invalid_request", "x"]);
    expect(await refused(JSON.stringify({ records: Array.from({ length: 1001 }, () => ({})) }))).toStrictEqual([
      400,
      "invalid_request",
      "records",
    ]);
    expect(await refused("<xml/>", { "Content-Type": "application/xml" })).toStrictEqual([
      415,
      "unsupported_media_type",
      undefined,
    ]);
    expect(await refused("{}", { "Content-Type": "application/x-ndjson; charset=latin1" })).toStrictEqual([
      415,
      "unsupported_media_type",
      undefined,
    ]);
    expect(
      await refused("\uFEFF \r\n", { "Content-Type": 'application/x-ndjson; charset="UTF-8"; a=b' }),
    ).toStrictEqual([400, "invalid_request", "records"]);
    expect(await refused("1\n".repeat(8_000_000), { "Content-Type": "application/x-ndjson" })).toStrictEqual([
      400,
      "invalid_request",
      "records",
    ]);
    const large = await push(organization_id, JSON.stringify({ records: ["x".repeat(16 * 1024 * 1024)] }));
    expect([large.status, large.body.code, large.body.detail]).toStrictEqual([
      413,
      "payload_too_large",
      "A request takes at most 16 MiB. Send fewer records in each.",
    ]);
    expect((await rest(api, service, "/v1/ingest", { method: "GET" })).headers.get("allow")).toBe("POST, OPTIONS");
  });

  test("is for service keys, which name an organization that exists", async () => {
    const tenant = await api.tenant();
    const body = JSON.stringify(ingest.push.example.input);
    const init = { method: "POST", body, headers: { "Content-Type": "application/json" } };
    expect((await rest(api, tenant.key, "/v1/ingest", init)).body).toMatchObject({
      status: 403,
      code: "missing_scope",
      detail: expect.stringContaining("`ingest:write`"),
    });
    expect((await rest(api, undefined, "/v1/ingest", init)).body.code).toBe("missing_api_key");
    expect((await rest(api, service, "/v1/ingest", init)).body.issues).toStrictEqual([
      { path: "X-Organization-Id", message: expect.stringContaining("is needed") },
    ]);
    expect((await push("nobody", body)).body.issues).toStrictEqual([
      { path: "X-Organization-Id", message: "names no organization" },
    ]);
    await expect(
      createKey(api.database, { organization_id: tenant.organization_id, name: "x", scopes: ["ingest:write"] }),
    ).rejects.toThrow("service keys alone");
    expect((await trpc(api, tenant.key, "me.get")).status).toBe(200);
  });

  test("is in the client", async () => {
    const { organization_id } = await api.tenant();
    const moja = createClient({ url: api.url, key: service, organization_id });
    const records: RecordInput[] = exampleRecords;
    expect(await moja.ingest.push(records)).toStrictEqual({
      accepted: records.length,
      unchanged: 0,
      superseded: 0,
      refused: [],
    });
    expect((await moja.callLogs.get({ call_log_id: "call_7q2m4xk1" })).profit).toBe(-0.01183);
  });
});
