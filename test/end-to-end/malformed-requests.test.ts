import { Problem } from "@moja/contracts";
import { createKey } from "@moja/store";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ingestOrFail, startHarness, type Harness } from "../support/harness.ts";
import { lists, pathFor, rest, trpc } from "../support/http.ts";
import { sendRaw } from "../support/raw-http.ts";
import { exampleRecord } from "../support/record-factory.ts";

const ends = "Host: x\r\nConnection: close\r\n\r\n";
const deep = (levels: number) =>
  JSON.parse(`${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`) as Record<string, unknown>;

/** Requests that no client library sends, and what they are told. */
const requests: { what: string; bytes: (string | Buffer)[]; status: number; code: string }[] = [
  {
    what: "an address of 20 KiB",
    bytes: [`GET /v1/call-logs?caller_id=${"1".repeat(20_000)} HTTP/1.1\r\n${ends}`],
    status: 413,
    code: "payload_too_large",
  },
  {
    what: "headers of 20 KiB",
    bytes: [`GET /v1/me HTTP/1.1\r\nX-Long: ${"1".repeat(20_000)}\r\n${ends}`],
    status: 413,
    code: "payload_too_large",
  },
  {
    what: "a method that does not exist",
    bytes: [`GETT /v1/me HTTP/1.1\r\n${ends}`],
    status: 400,
    code: "invalid_request",
  },
  {
    what: "bytes that are no HTTP",
    bytes: [Buffer.from([0x16, 0x03, 0x01, 0x00, 0xff, 0x0d, 0x0a, 0x0d, 0x0a])],
    status: 400,
    code: "invalid_request",
  },
  { what: "NUL in the address", bytes: [`GET /v1/me\0 HTTP/1.1\r\n${ends}`], status: 400, code: "invalid_request" },
  {
    what: "a header without a name",
    bytes: [`GET /v1/me HTTP/1.1\r\n: x\r\n${ends}`],
    status: 400,
    code: "invalid_request",
  },
  { what: "CONNECT", bytes: [`CONNECT example.com:443 HTTP/1.1\r\n${ends}`], status: 405, code: "method_not_allowed" },
  {
    what: "TRACE over tRPC",
    bytes: [`TRACE /trpc/me.get HTTP/1.1\r\n${ends}`],
    status: 405,
    code: "method_not_allowed",
  },
  { what: "two slashes over tRPC", bytes: [`GET /trpc//%00 HTTP/1.1\r\n${ends}`], status: 404, code: "not_found" },
  {
    what: "a Host that is none, over tRPC",
    bytes: ["GET /trpc/me.get HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n"],
    status: 400,
    code: "invalid_request",
  },
  {
    what: "a Host that is none, over REST",
    bytes: ["GET /v1/me HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n"],
    status: 400,
    code: "invalid_request",
  },
  {
    what: "no Host",
    bytes: ["GET /v1/me HTTP/1.1\r\nConnection: close\r\n\r\n"],
    status: 400,
    code: "invalid_request",
  },
  ...["/v1/me", "/trpc/me.get", "/llms.txt", "/readyz"].map((path) => ({
    what: `two Hosts, at ${path}`,
    bytes: [`GET ${path} HTTP/1.1\r\nHost: y\r\n${ends}`],
    status: 400,
    code: "invalid_request",
  })),
  {
    what: "no Host over HTTP/1.0, which has none, but no key either",
    bytes: ["GET /v1/me HTTP/1.0\r\nConnection: close\r\n\r\n"],
    status: 401,
    code: "missing_api_key",
  },
  {
    what: "a procedure named like what every object has",
    bytes: [`GET /trpc/__proto__ HTTP/1.1\r\n${ends}`],
    status: 404,
    code: "not_found",
  },
  {
    what: "a batch of too many calls over tRPC",
    bytes: [`GET /trpc/${Array.from({ length: 21 }, () => "me.get").join(",")}?batch=1 HTTP/1.1\r\n${ends}`],
    status: 400,
    code: "invalid_request",
  },
  {
    what: "an expectation that nobody can meet",
    bytes: [`GET /v1/me HTTP/1.1\r\nExpect: wonders\r\n${ends}`],
    status: 401,
    code: "missing_api_key",
  },
  {
    what: "two keys",
    bytes: [`GET /v1/me HTTP/1.1\r\nX-API-Key: a\r\nX-API-Key: b\r\n${ends}`],
    status: 401,
    code: "invalid_api_key",
  },
  {
    what: "broken chunks",
    bytes: [
      `POST /v1/ingest HTTP/1.1\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n${ends}zz\r\n{}\r\n0\r\n\r\n`,
    ],
    status: 400,
    code: "invalid_request",
  },
  {
    what: "a length and chunks at once",
    bytes: [`POST /v1/ingest HTTP/1.1\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n${ends}{}`],
    status: 400,
    code: "invalid_request",
  },
];

describe("a request that is malformed", () => {
  let api: Harness;
  beforeAll(async () => void (api = await startHarness()));
  afterAll(() => api[Symbol.asyncDispose]());

  test.each(requests)(
    "by $what is refused with a problem, and the service goes on",
    async ({ bytes, status, code }) => {
      const [answer] = await sendRaw(api, ...bytes);
      const overTrpc = String(bytes[0]).includes(" /trpc");
      const body: any = JSON.parse(String(answer?.text));
      const problem = Problem.parse(overTrpc ? body.error.data : body);
      expect([answer?.status, problem.status, problem.code]).toStrictEqual([status, status, code]);
      expect([answer?.headers.get("x-request-id"), answer?.headers.get("content-type")]).toStrictEqual([
        problem.request_id,
        overTrpc ? expect.stringMatching(/^application\/json/) : "application/problem+json",
      ]);
      expect((await rest(api, api.key, "/v1/me")).status).toBe(200);
    },
  );

  test.each(lists)(
    "by a moment that $name cannot write is refused on both transports, and the edges are answered",
    async ({ name, contract }) => {
      for (const moment of [
        "0000-01-01",
        "0000-01-01T00:00:00+14:00",
        "1969-12-31T23:59:59.999Z",
        "9999-12-31T23:59:59-14:00",
      ]) {
        for (const parameter of ["from", "to", "updated_since"]) {
          const refused = await rest(api, api.key, pathFor(contract, { [parameter]: moment }));
          expect([refused.status, refused.body.issues]).toStrictEqual([
            400,
            [{ path: parameter, message: "must be in the years 1970 to 9999, in UTC" }],
          ]);
          expect((await trpc(api, api.key, name, { [parameter]: moment })).body.issues).toStrictEqual(
            refused.body.issues,
          );
        }
      }
      expect(
        (
          await rest(
            api,
            api.key,
            pathFor(contract, { from: "1970-01-01", to: "9999-12-31T23:59:59.999Z", updated_since: "1970-01-01" }),
          )
        ).body.data,
      ).not.toStrictEqual([]);
      expect((await rest(api, api.key, pathFor(contract, { to: "1970-01-01" }))).body.applied.from).toBe(
        "1969-12-02T00:00:00.000Z",
      );
    },
  );

  test("by a record that nests too deep has that record refused alone, on both transports", async () => {
    const key = await createKey(api.database, { organization_id: null, name: "producer", scopes: ["ingest:write"] });
    const [record] = lists.map(({ contract }) => exampleRecord(contract));
    for (const [path, levels] of [
      ["/v1/ingest", 100_000],
      ["/trpc/ingest.push", 100_000],
      ["/v1/ingest", 120],
    ] as const) {
      const body = `{"records":[${JSON.stringify(record)},{"kind":"call_event","data":${`[`.repeat(levels)}${"]".repeat(levels)}}]}`;
      const response = await fetch(api.url + path, {
        method: "POST",
        body,
        headers: { "Content-Type": "application/json", "X-API-Key": key, "X-Organization-Id": "org_1" },
      });
      const said: any = await response.json();
      expect((said.result?.data ?? said).refused, path).toStrictEqual([
        { index: 1, code: "invalid_record", issues: [{ path: "", message: "must not nest deeper than 100 levels" }] },
      ]);
    }
    await ingestOrFail(await api.tenant(), [
      {
        kind: "call_event",
        call_log_id: "call_1",
        event_id: "e1",
        occurred_at: "2026-05-04T12:00:00.000Z",
        type: "x",
        level: "info",
        message: "",
        data: deep(98) as never,
        updated_at: "2026-05-04T12:00:00.000Z",
      },
    ]);
  });
});
