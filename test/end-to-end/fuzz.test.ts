import { gzipSync } from "node:zlib";
import { contracts, exampleRecords, ingest, Problem } from "@moja/contracts";
import { createKey } from "@moja/store";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { databases } from "../support/databases.ts";
import { startHarness, type Harness } from "../support/harness.ts";
import { pathFor, procedures } from "../support/http.ts";
import { validateResponse } from "../support/openapi-document.ts";
import { propertyRuns, timeoutFor } from "../support/property-runs.ts";
import { sendRaw, type RawResponse } from "../support/raw-http.ts";

type Header = [name: string, value: string];
type Sent = { method: string; target: string; headers: Header[]; body?: Buffer };

/** What has broken servers before. */
const nasties = [
  "",
  " ",
  "\0",
  "%",
  "%zz",
  "%00",
  "\u00c3(",
  "\ud800",
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "hasOwnProperty",
  "a".repeat(5000),
  "9".repeat(400),
  "1e309",
  "-0",
  "NaN",
  "Infinity",
  "[object Object]",
  "{}",
  "[]",
  "null",
  "true",
  "undefined",
  "../../../etc/passwd",
  "..%2f..%2f",
  "' or 1=1 --",
  "9007199254740993",
  "-2147483649",
  "$where",
  "${7*7}",
  "<script>alert(1)</script>",
  "🙂",
  "\u202eabc",
  "a,b,,c",
  "=&;?#",
  "\r\nX-Injected: yes",
  "quality:",
  ":",
  "a:b:c",
];
const moments = fc.constantFrom(
  "0000-01-01",
  "0000-01-01T00:00:00+14:00",
  "0001-01-01",
  "1969-12-31T23:59:59Z",
  "1970-01-01",
  "9999-12-31",
  "9999-12-31T23:59:59-14:00",
  "-271821-04-20T00:00:00Z",
  "+275760-09-13T00:00:00Z",
  "2026-05-04T23:59:60Z",
  "2026-05-04T24:00:00Z",
  "2026-05-04T12:00:00+99:99",
  "2026-05-04T23:59:59.999999999Z",
);
const nasty = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...nasties) },
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.string({ maxLength: 20 }),
  fc.double().map(String),
);

const depths = fc.constantFrom(1, 10, 1000, 20_000);
const deep = depths.chain((depth) =>
  fc.constantFrom(
    `${"[".repeat(depth)}${"]".repeat(depth)}`,
    `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`,
    "[".repeat(depth),
  ),
);
const nastyJson = fc.oneof(
  nasty.map((text) => JSON.stringify(text)),
  fc.json(),
  fc.constantFrom(
    "null",
    "-0",
    "1e999",
    "[]",
    "{}",
    "true",
    '{"__proto__":{"polluted":true}}',
    '{"constructor":{"prototype":{"polluted":true}}}',
    '["a",{}]',
    "[null]",
    "[[]]",
  ),
  deep,
);

const hex = (byte: number) => `%${byte.toString(16).padStart(2, "0")}`;
/** A text in an address: percent-encoded, encoded twice, or as its bytes are. */
const written = (text: fc.Arbitrary<string>) =>
  fc.tuple(text, fc.constantFrom(1, 1, 1, 2, 0)).map(([value, times]) => {
    const once = [...Buffer.from(value)].map(hex).join("");
    return times === 1 ? once : times === 2 ? once.replaceAll("%", "%25") : Buffer.from(value).toString("latin1");
  });

const headerNames = [
  "X-API-Key",
  "Authorization",
  "X-Organization-Id",
  "X-Request-Id",
  "Accept",
  "Accept-Encoding",
  "Content-Type",
  "Content-Encoding",
  "Content-Length",
  "Transfer-Encoding",
  "Expect",
  "Upgrade",
  "Connection",
  "Host",
  "Cookie",
  "If-None-Match",
  "If-Modified-Since",
  "Range",
  "X-Forwarded-For",
  "X-HTTP-Method-Override",
  "Trpc-Accept",
  "X-Trpc-Source",
  "TE",
  "__proto__",
  "constructor",
];
const headerValues = fc
  .oneof(
    nasty,
    fc.constantFrom(
      "Bearer",
      "Bearer ",
      "Basic YTpi",
      "moja_a_b",
      "gzip",
      "br",
      "gzip, gzip",
      "chunked",
      "100-continue",
      "websocket",
      "upgrade",
      "application/json; charset=utf-16",
      "application/json; charset=nonsense",
      "application/jsonl",
      "text/plain",
      "application/x-www-form-urlencoded",
      "multipart/form-data; boundary=x",
      "application/x-ndjson",
      "bytes=0-1",
      "*",
    ),
  )
  .map((value) =>
    Buffer.from(value)
      .toString("latin1")
      .replace(/[\r\n]/g, ""),
  );
const extraHeaders = fc.oneof(
  { weight: 2, arbitrary: fc.constant<Header[]>([]) },
  fc.array(fc.tuple(fc.constantFrom(...headerNames), headerValues), { maxLength: 3 }),
);
const methods = fc.oneof(
  { weight: 8, arbitrary: fc.constant("GET") },
  fc.constantFrom(
    "HEAD",
    "POST",
    "PUT",
    "PATCH",
    "DELETE",
    "OPTIONS",
    "TRACE",
    "QUERY",
    "PROPFIND",
    "CONNECT",
    "GETT",
    "get",
    "__PROTO__",
  ),
);

/** A question to a promise over REST, with anything in its path and its query. */
const restQuestion = fc.constantFrom(...procedures).chain(({ contract }) => {
  const names = [...Object.keys(contract.input.shape), "__proto__", "constructor", "lmit"];
  const path = fc
    .option(written(nasty), { freq: 2, nil: undefined })
    .map((id) =>
      contract.path.replace(
        /\{(\w+)\}/,
        (_match: string, name: string) =>
          id ?? encodeURIComponent(String((contract.example.input as Record<string, unknown>)[name])),
      ),
    );
  const inTime = fc.tuple(fc.constantFrom("from", "to", "updated_since"), written(moments));
  const query = fc.array(
    fc.oneof(
      {
        weight: 4,
        arbitrary: fc.tuple(
          fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...names) }, written(nasty)),
          written(nasty),
        ),
      },
      inTime,
    ),
    { maxLength: 4 },
  );
  return fc.tuple(methods, path, query, extraHeaders).map(([method, at, pairs, headers]): Sent => ({
    method,
    headers,
    target: pairs.length > 0 ? `${at}?${pairs.map(([name, value]) => `${name}=${value}`).join("&")}` : at,
  }));
});

/** An object with one of a promise's fields, or others, holding anything. */
const spoiledInput = (names: string[]) =>
  fc.oneof(
    {
      weight: 3,
      arbitrary: fc
        .array(fc.tuple(fc.constantFrom(...names, "__proto__", "constructor"), nastyJson), { maxLength: 3 })
        .map((pairs) => `{${pairs.map(([name, json]) => `${JSON.stringify(name)}:${json}`).join(",")}}`),
    },
    nastyJson,
    nasty,
  );

/** A question to a promise over tRPC, with anything for its input. */
const trpcQuestion = fc.constantFrom(...procedures).chain(({ name, contract }) => {
  const input = written(spoiledInput(Object.keys(contract.input.shape))).filter((text) => text.length < 12_000);
  const path = fc.oneof(
    { weight: 9, arbitrary: fc.constant(name) },
    fc.constantFrom("__proto__", "constructor", "callLogs", "callLogs.__proto__", "a,b", ""),
    written(nasty).filter((text) => text.length < 100),
  );
  return fc
    .tuple(methods, path, fc.option(input), extraHeaders, fc.constantFrom("", "&batch=1", "&input=%7B%7D"))
    .map(([method, at, text, headers, more]): Sent => ({
      method,
      headers,
      target: `/trpc/${at}?${text === null ? "" : `input=${text}`}${more}`,
    }));
});

/** A record of which one field holds anything. */
const spoiledRecord = fc.constantFrom(...exampleRecords).chain((record) =>
  fc.tuple(fc.constantFrom(...Object.keys(record), "__proto__", "constructor"), nastyJson).map(
    ([name, json]) =>
      `{${Object.entries(record)
        .filter(([field]) => field !== name)
        .map(([field, value]) => `${JSON.stringify(field)}:${JSON.stringify(value)}`)
        .join(",")},${JSON.stringify(name)}:${json}}`,
  ),
);
const bodies = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .array(spoiledRecord, { minLength: 1, maxLength: 3 })
      .map((records) => Buffer.from(`{"records":[${records.join(",")}]}`)),
  },
  spoiledInput(["records"]).map((text) => Buffer.from(text)),
  fc.array(fc.oneof(spoiledRecord, nastyJson, nasty), { maxLength: 4 }).map((lines) => Buffer.from(lines.join("\n"))),
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
);

/** Anything pushed, in any form, over both transports. */
const pushed = fc
  .tuple(
    bodies,
    fc.constantFrom(ingest.push.path, "/trpc/ingest.push"),
    fc.constantFrom("as it is", "gzip", "broken gzip", "cut gzip", "utf-16", "marked"),
    fc.constantFrom("application/json", "application/json", "application/x-ndjson", "application/json; charset=utf-8"),
    extraHeaders,
  )
  .map(([body, target, form, type, headers]): Sent => {
    const forms: Record<string, { body: Buffer; headers: Header[] }> = {
      "as it is": { body, headers: [] },
      gzip: { body: gzipSync(body), headers: [["Content-Encoding", "gzip"]] },
      "broken gzip": { body, headers: [["Content-Encoding", "gzip"]] },
      "cut gzip": { body: gzipSync(body).subarray(0, -6), headers: [["Content-Encoding", "gzip"]] },
      "utf-16": { body: Buffer.from(body.toString(), "utf16le"), headers: [] },
      marked: { body: Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), body]), headers: [] },
    };
    const formed = forms[form] ?? { body, headers: [] };
    return {
      method: "POST",
      target,
      body: formed.body,
      headers: [["Content-Type", type], ...formed.headers, ...headers],
    };
  });

describe.each(databases)("on $name", ({ create }) => {
  let api: Harness;
  let service: string;
  beforeAll(async () => {
    api = await startHarness(create);
    service = await createKey(api.database, {
      organization_id: null,
      name: "producer",
      scopes: ["ingest:write", "reports:read", "pii:read"],
    });
  });
  afterAll(() => api[Symbol.asyncDispose]());

  const send = ({ method, target, headers, body }: Sent) => {
    const key: Header[] = body
      ? [
          ["X-API-Key", service],
          ["X-Organization-Id", "org_1"],
          ["Content-Length", String(body.length)],
        ]
      : [["X-API-Key", api.key]];
    const all: Header[] = [
      ["Host", "localhost"],
      ["Connection", "close"],
      ...key.filter(([name]) => headers.every(([other]) => other !== name)),
      ...headers,
    ];
    return sendRaw(
      api,
      `${method} ${target} HTTP/1.1\r\n${all.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`,
      body ?? "",
    );
  };

  const kinds = [
    { kind: "a question over REST", questions: restQuestion, few: 80 },
    { kind: "a question over tRPC", questions: trpcQuestion, few: 80 },
    { kind: "records", questions: pushed, few: 60 },
  ];
  test.each(kinds)(
    "$kind, whatever is in it, is answered or refused as the document says",
    async ({ questions, few }) => {
      const codes = new Set<number>();
      await fc.assert(
        fc.asyncProperty(questions, async (sent) => {
          const answers = await send(sent);
          expect(answers.length, "answers").toBeGreaterThan(0);
          for (const answer of answers) expectDocumented(sent, answer);
          for (const { status } of answers) codes.add(status);
        }),
        propertyRuns(few),
      );
      expect(Object.keys(Object.prototype)).toStrictEqual([]);
      expect([...codes]).toEqual(expect.arrayContaining([200, 400]));
      const after = await sendRaw(
        api,
        `GET ${pathFor(contracts.callLogs.get, contracts.callLogs.get.example.input)} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-API-Key: ${api.key}\r\n\r\n`,
      );
      expect(after[0]?.status, "the service afterwards").toBe(200);
    },
    timeoutFor(80),
  );
});

/** Never our fault, always with an id, and never a body that the document does not know. */
function expectDocumented(
  { method, target }: { method: string; target: string },
  { status, headers, text }: RawResponse,
): void {
  expect(status, text).toBeLessThan(500);
  expect(headers.get("x-request-id")).toMatch(/^[A-Za-z0-9._-]{8,128}$/);
  expect(headers.get("x-injected")).toBeNull();
  if (text === "") return;
  const body: unknown = JSON.parse(text);
  const overTrpc = target.startsWith("/trpc") && headers.get("content-type") !== "application/problem+json";
  if (status >= 400) {
    expect(headers.get("content-type")).toMatch(overTrpc ? /^application\/json/ : /^application\/problem\+json$/);
    // A batch answers as a list; of one call, it has the status of that call.
    const [answer] = Array.isArray(body) ? body : [body];
    const problem = Problem.parse(overTrpc ? (answer as { error: { data: unknown } }).error.data : answer);
    expect([problem.status, problem.request_id]).toStrictEqual([status, headers.get("x-request-id")]);
  }
  const [path = ""] = target.split(/[\r\n ]/, 1);
  const isOperations = [200, 400, 401, 403, 404, 413, 415].includes(status);
  if (path.startsWith("/v1/") && isOperations)
    validateResponse(method, path, new Response(null, { status, headers }), body);
}
