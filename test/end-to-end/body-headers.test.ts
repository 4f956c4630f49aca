import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import { exampleRecords } from "@moja/contracts";
import { createKey } from "@moja/store";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { exchange } from "../support/exchange.ts";
import { startHarness, type Harness } from "../support/harness.ts";

const records = exampleRecords.slice(0, 2);
const json = JSON.stringify({ records });
const lines = records.map((each) => `${JSON.stringify(each)}\n`).join("");

const takenTypes = [
  ...["application/json", "Application/JSON", "text/json", "application/vnd.moja+json"].map((type) => ({
    type,
    body: json,
  })),
  ...[
    "application/x-ndjson",
    "application/ndjson",
    "application/jsonl",
    "application/x-jsonl",
    "application/jsonlines",
    "application/x-jsonlines",
    "application/json-lines",
    "text/x-ndjson",
  ].map((type) => ({ type, body: lines })),
];
const takenCharsets = [
  "",
  "; charset=utf-8",
  "; charset=utf8",
  '; charset="UTF-8"',
  ";charset=UTF8",
  "; charset=us-ascii",
];

const takenEncodings = [
  { encoding: "gzip", pack: gzipSync },
  { encoding: "GZIP", pack: gzipSync },
  { encoding: "x-gzip", pack: gzipSync },
  { encoding: "deflate", pack: deflateSync },
  { encoding: "br", pack: brotliCompressSync },
  { encoding: "identity", pack: (text: string) => Buffer.from(text) },
];

const both = "send JSON as `application/json` or one record a line as `application/x-ndjson`.";
const refusedTypes = [
  { type: "text/plain", said: `\`Content-Type: text/plain\` is not taken: ${both}` },
  {
    type: "application/x-www-form-urlencoded",
    said: `\`Content-Type: application/x-www-form-urlencoded\` is not taken: ${both}`,
  },
  {
    type: "application/xml; charset=utf-8",
    said: `\`Content-Type: application/xml; charset=utf-8\` is not taken: ${both}`,
  },
  {
    type: "multipart/form-data; boundary=x",
    said: `\`Content-Type: multipart/form-data; boundary=x\` is not taken: ${both}`,
  },
  { type: "text/csv", said: `\`Content-Type: text/csv\` is not taken: ${both}` },
  { type: "json", said: `\`Content-Type: json\` is not taken: ${both}` },
  { type: undefined, said: `The header \`Content-Type\` is missing: ${both}` },
  {
    type: "application/json; charset=iso-8859-1",
    said: "`charset=iso-8859-1` is not taken: send UTF-8, as all JSON is.",
  },
  { type: "application/x-ndjson; charset=utf-16", said: "`charset=utf-16` is not taken: send UTF-8, as all JSON is." },
];
const refusedEncodings = ["zstd", "compress", "gzip, gzip", "lz4"];

describe("the headers of a body", () => {
  let api: Harness;
  let key: string;
  beforeAll(async () => {
    api = await startHarness();
    key = await createKey(api.database, { organization_id: null, name: "producer", scopes: ["ingest:write"] });
  });
  afterAll(() => api[Symbol.asyncDispose]());

  const push = async (headers: Record<string, string>, body: string | Buffer, path = "/v1/ingest") => {
    const { status, text } = await exchange(api, {
      path,
      method: "POST",
      headers: { "X-API-Key": key, "X-Organization-Id": "org_1", ...headers },
      body,
    });
    return { status, body: JSON.parse(text) };
  };

  test.each(takenTypes)("take $type, in each spelling of UTF-8", async ({ type, body }) => {
    for (const charset of takenCharsets) {
      const answer = await push({ "Content-Type": `${type}${charset}` }, body);
      expect([answer.status, answer.body.unchanged], charset).toStrictEqual([200, records.length]);
    }
  });

  test.each(takenEncodings)("take Content-Encoding: $encoding", async ({ encoding, pack }) => {
    for (const { type, body } of takenTypes) {
      const answer = await push({ "Content-Type": type, "Content-Encoding": encoding }, pack(body));
      expect([answer.status, answer.body.unchanged], type).toStrictEqual([200, records.length]);
    }
  });

  test.each(refusedTypes)("that say $type are refused by name, with what is taken", async ({ type, said }) => {
    for (const body of [json, lines, gzipSync(json)]) {
      const answer = await push(type === undefined ? {} : { "Content-Type": type }, body);
      expect([answer.status, answer.body.code, answer.body.detail]).toStrictEqual([
        415,
        "unsupported_media_type",
        said,
      ]);
    }
  });

  test.each(refusedEncodings)(
    "that say Content-Encoding: %s are refused by name, with what is taken",
    async (encoding) => {
      const headers = { "Content-Type": "application/json", "Content-Encoding": encoding };
      const answer = await push(headers, zstdCompressSync(json));
      expect([answer.status, answer.body.code, answer.body.detail]).toStrictEqual([
        415,
        "unsupported_media_type",
        `\`Content-Encoding: ${encoding}\` is not taken: send the body as gzip, deflate or br, or as it is.`,
      ]);
    },
  );

  test("are told of over tRPC, too, which takes JSON as it is", async () => {
    const push415 = async (headers: Record<string, string>, body: string | Buffer) => {
      const answer = await push(headers, body, "/trpc/ingest.push");
      expect([answer.status, answer.body.error.data.code]).toStrictEqual([415, "unsupported_media_type"]);
      return answer.body.error.message;
    };
    expect(await push415({ "Content-Type": "application/json; charset=latin1" }, json)).toContain("charset=latin1");
    expect(await push415({ "Content-Type": "application/x-ndjson" }, lines)).toContain("application/x-ndjson");
    expect(await push415({ "Content-Type": "application/json", "Content-Encoding": "gzip" }, gzipSync(json))).toBe(
      "`Content-Encoding: gzip` is not taken: send the body as it is.",
    );
    const answer = await push({ "Content-Type": "application/json; charset=utf8" }, json, "/trpc/ingest.push");
    expect([answer.status, answer.body.result.data.unchanged]).toStrictEqual([200, records.length]);
  });
});
