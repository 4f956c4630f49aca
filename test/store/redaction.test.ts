import { hash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { exampleRecords, records as kinds, type RecordInput } from "@moja/contracts";
import { updateOrganization } from "@moja/store";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { redaction } from "../../packages/store/src/ingest/redaction.ts";
import { databases } from "../support/databases.ts";
import { ingestOrFail, startHarness, type Harness } from "../support/harness.ts";
import { pathFor, reports, rest } from "../support/http.ts";

/** Payloads of webhooks that others publish, by the event. */
const published = JSON.parse(await readFile(new URL(import.meta.resolve("@octokit/webhooks-examples")), "utf8")) as {
  name: string;
  examples: unknown[];
}[];

describe.each(databases)("what is stored on $name", ({ create }) => {
  let api: Harness;
  beforeAll(async () => void (api = await startHarness(create)));
  afterAll(() => api[Symbol.asyncDispose]());

  test("keeps no secret, and none that goes by a name which the organization added: not in the answers, not in the database's bytes", async () => {
    const tenant = await api.tenant();
    await updateOrganization(api.database, tenant.organization_id, { redacted_names: ["session.id", "PIN"] });
    const secret = "S3cr3tS3cr3tS3cr3t";
    const headers = [
      "Authorization",
      "Cookie",
      "Set-Cookie",
      "X-API-Key",
      "X-Auth-Token",
      "Proxy-Authorization",
      "X-Hub-Signature",
      "pin",
    ].map((name) => ({ name, value: `Bearer ${secret}` }));
    const url = `https://user:${secret}@webhooks.moja.example/update_tags?moja_auth_key=${secret}&id=7&Session.Id=${secret}`;
    const text = `{"id":7,"api_key":"${secret}","nested":{"client_secret":"${secret}","pin":"${secret}"},"callback":"https://x.example/?token=${secret}&id=7","sessionXid":"kept","password":"***"}`;
    const request = {
      method: "POST",
      url,
      query: [
        { name: "moja_auth_key", value: secret },
        { name: "PIN", value: secret },
      ],
      headers,
      body: { content_type: "application/json", text },
    };
    const form = {
      ...request,
      body: { content_type: "application/x-www-form-urlencoded", text: `id=7&moja_auth_key=${secret}&pin=${secret}` },
    };
    const inBase64 = {
      content_type: "application/json",
      encoding: "base64" as const,
      text: Buffer.from(text).toString("base64"),
    };
    const data = { auth_key: secret, code: 7, callback: `https://x.example/?token=${secret}` };
    await ingestOrFail(
      tenant,
      exampleRecords.map((each): RecordInput => {
        if (each.kind === "webhook_request" && each.direction === "incoming") return { ...each, request };
        if (each.kind === "webhook_attempt")
          return { ...each, request: form, response: { status: 200, headers, body: inBase64 } };
        if (each.kind === "call_event" || each.kind === "rtb_event") return { ...each, data };
        if (each.kind === "call")
          return { ...each, recording_url: `https://recordings.example/1.mp3?X-Amz-Signature=${secret}` };
        if (each.kind !== "rtb_request") return each;
        return each.direction === "inbound"
          ? { ...each, request, parameters: [{ name: "API_KEY", value: secret }], reply: request.body }
          : {
              ...each,
              steps:
                each.steps?.map((step) => ({
                  ...step,
                  request,
                  mapped_fields: { SESSION_TOKEN: secret, BID_ID: "b1" },
                })) ?? [],
            };
      }),
    );
    const shown = await rest(api, tenant.key, "/v1/webhooks/incoming-requests/whin_2p6c");
    const redactedText =
      '{"id":7,"api_key":"[redacted]","nested":{"client_secret":"[redacted]","pin":"[redacted]"},"callback":"https://x.example/?token=%5Bredacted%5D&id=7","sessionXid":"kept","password":"***"}';
    expect(shown.body.request).toMatchObject({
      url: "https://%5Bredacted%5D@webhooks.moja.example/update_tags?moja_auth_key=%5Bredacted%5D&id=7&Session.Id=%5Bredacted%5D",
      body: { text: redactedText },
    });
    const attempted = await rest(api, tenant.key, "/v1/webhooks/outgoing-requests/whout_8r3n");
    expect(attempted.body.attempts[0].response.body).toMatchObject({ encoding: "utf8", text: redactedText });
    expect(await everyAnswer(tenant.key)).not.toContain(secret);
    const bytes = await bytesOf(api);
    expect(bytes).not.toContain(secret);
    expect(bytes).not.toContain(Buffer.from(secret).toString("base64").slice(2, -4));
  });

  test.each<[string, (secret: string) => [object, string]]>([
    ["an array", (s) => [{ password: [s] }, '{"password":"[redacted]"}']],
    ["an object, to its end", (s) => [{ token: { v: s, w: ["}", '"'] }, id: 7 }, '{"token":"[redacted]","id":7}']],
    ["a number", (s) => [{ token: s.length * 1000, secret: 1e5 }, '{"token":"[redacted]","secret":"[redacted]"}']],
    ["a value with quotes", (s) => [{ token: `a"\\${s}\\`, id: 7 }, '{"token":"[redacted]","id":7}']],
    [
      "names in one word",
      (s) => [
        { accessToken: s, clientSecret: s, apiKey: s },
        '{"accessToken":"[redacted]","clientSecret":"[redacted]","apiKey":"[redacted]"}',
      ],
    ],
    [
      "JSON inside a JSON string",
      (s) => [{ inner: JSON.stringify({ token: s, id: 7 }) }, '{"inner":"{\\"token\\":\\"[redacted]\\",\\"id\\":7}"}'],
    ],
    [
      "URLs",
      (s) => [
        { a: `https://u:${s}@h.example/#access_token=${s}&x=1` },
        '{"a":"https://%5Bredacted%5D@h.example/#access_token=%5Bredacted%5D&x=1"}',
      ],
    ],
    [
      "what is no secret",
      () => [
        { token: true, tokens: [1], author: "x", secretary: "y" },
        '{"token":true,"tokens":[1],"author":"x","secretary":"y"}',
      ],
    ],
  ])("finds secrets in %s", (_where, given) => {
    const [value, expected] = given("S3cr3tS3cr3t");
    expect(redaction().body(JSON.stringify(value), "application/json")).toBe(expected);
  });

  test("finds secrets in forms of any spelling, in texts for people, in tags and in what a webhook changed", async () => {
    const tenant = await api.tenant();
    const secret = "S3cr3tS3cr3tS3cr3t";
    const form = (content_type: string | null) => ({
      status: 200,
      body: { content_type, text: `token=${secret}&user[password]=${secret}&id=7` },
    });
    const leak = `asked https://u:${secret}@h.example/?token=${secret}`;
    await ingestOrFail(
      tenant,
      exampleRecords.map((each): RecordInput => {
        if (each.kind === "webhook_attempt")
          return {
            ...each,
            error_message: leak,
            response: form(each.attempt === 1 ? null : "Application/X-WWW-Form-URLEncoded; charset=utf-8"),
          };
        if (each.kind === "webhook_request" && each.direction === "incoming")
          return {
            ...each,
            changes: [
              { field: "fields.auth_token", before: secret, after: null },
              { field: "fields", before: null, after: { password: [secret] } },
            ],
          };
        if (each.kind === "call") return { ...each, reason: leak, tags: { api_token: secret, source: "search" } };
        if (each.kind === "call_event" || each.kind === "rtb_event") return { ...each, message: leak };
        return each.kind === "rtb_request" && each.direction === "outbound"
          ? { ...each, steps: each.steps?.map((step) => ({ ...step, error: leak })) ?? [] }
          : each;
      }),
    );
    expect(await bytesOf(api)).not.toContain(secret);
    expect((await rest(api, tenant.key, "/v1/call-logs/call_7q2m4xk1")).body).toMatchObject({
      reason: "asked https://%5Bredacted%5D@h.example/?token=%5Bredacted%5D",
      tags: { api_token: "[redacted]", source: "search" },
    });
  });

  test("takes huge and malformed bodies, with a record beside them that is kept", async () => {
    const tenant = await api.tenant();
    const attempt = exampleRecords.find(({ kind }) => kind === "webhook_attempt") as Extract<
      RecordInput,
      { kind: "webhook_attempt" }
    >;
    const texts = [
      `{"token":"${"x".repeat(9_000_000)}`,
      `{"token":${"[".repeat(60_000)}`,
      `{"token":"${'\\"'.repeat(20_000)}`,
      "&".repeat(60_000),
      `"${"a".repeat(60_000)}`,
      "\\".repeat(30_000),
      "://".repeat(20_000),
    ];
    await ingestOrFail(
      tenant,
      texts.map((text, index) => ({
        ...attempt,
        attempt: index + 1,
        response: {
          status: 200,
          body: { content_type: index === 3 ? "application/x-www-form-urlencoded" : null, text },
        },
      })),
    );
    await expect(
      api.database("webhook_attempts").where({ organization_id: tenant.organization_id }),
    ).resolves.toHaveLength(texts.length);
  });

  test("takes an organization's names for itself alone, and refuses one that is no name", async () => {
    const tenant = await api.tenant();
    const body = { content_type: "application/x-www-form-urlencoded", text: "pin=1234" };
    await ingestOrFail(
      tenant,
      exampleRecords.map((each): RecordInput =>
        each.kind === "rtb_request" && each.direction === "inbound" ? { ...each, reply: body } : each,
      ),
    );
    expect((await rest(api, tenant.key, "/v1/rtb/requests/req_in_5w8d")).body.reply.text).toBe("pin=1234");
    await expect(updateOrganization(api.database, tenant.organization_id, { redacted_names: ["a b"] })).rejects.toThrow(
      'not "a b"',
    );
  });

  test("keeps payloads that others publish byte for byte", async () => {
    const tenant = await api.tenant();
    const webhook = exampleRecords.find(
      (each) => each.kind === "webhook_request" && each.direction === "incoming",
    ) as Extract<RecordInput, { direction: "incoming" }>;
    // Some hold a link that is signed with a key of Amazon Web Services, which is a secret.
    const payloads = published
      .flatMap(({ name, examples }) =>
        examples.map((each, index) => ({ id: `${name}.${index}`, text: JSON.stringify(each, null, 2) })),
      )
      .filter(({ text }) => !text.includes("AKIA"));
    expect(payloads.length).toBeGreaterThan(300);
    await ingestOrFail(
      tenant,
      payloads.map(({ id, text }) => ({
        ...webhook,
        request_id: id,
        request: {
          method: "POST",
          url: "https://webhooks.moja.example/call_data",
          body: { content_type: "application/json", text },
        },
      })),
    );
    for (const { id, text } of payloads) {
      const { body } = await rest(api, tenant.key, `/v1/webhooks/incoming-requests/${id}`);
      const size_bytes = Buffer.byteLength(text);
      expect(body.request.body, id).toStrictEqual({
        content_type: "application/json",
        encoding: "utf8",
        text: size_bytes > 65_536 ? null : text,
        size_bytes,
        sha256: hash("sha256", text),
        omitted_reason: size_bytes > 65_536 ? "too_large" : null,
      });
    }
  });

  test("keeps bodies whole up to 64 KiB, byte for byte, and omits larger ones with their size and hash", async () => {
    const tenant = await api.tenant();
    const attempt = exampleRecords.find(({ kind }) => kind === "webhook_attempt") as Extract<
      RecordInput,
      { kind: "webhook_attempt" }
    >;
    const bodies = [
      { text: "é".repeat(32 * 1024) },
      { text: "x".repeat(64 * 1024 + 1) },
      { encoding: "base64" as const, text: Buffer.from([0, 255, 128, 10]).toString("base64") },
      { text: 'quote " \\ \u0000 \u2028' },
    ];
    await ingestOrFail(tenant, [
      ...exampleRecords,
      ...bodies.map((body, index) => ({
        ...attempt,
        attempt: index + 10,
        request: null,
        response: { status: 200, body: { content_type: null, ...body } },
      })),
    ]);
    const { body } = await rest(api, tenant.key, "/v1/webhooks/outgoing-requests/whout_8r3n");
    const kept = body.attempts.slice(2).map((each: any) => each.response.body);
    expect(kept.map(({ text, size_bytes, omitted_reason }: any) => [text, size_bytes, omitted_reason])).toStrictEqual([
      ["é".repeat(32 * 1024), 65_536, null],
      [null, 65_537, "too_large"],
      ["AP+ACg==", 4, null],
      ['quote " \\ \u0000 \u2028', 15, null],
    ]);
  });

  const everyAnswer = async (key: string) =>
    JSON.stringify(
      await Promise.all(
        reports.map(async ({ contract }) => (await rest(api, key, pathFor(contract, contract.example.input))).body),
      ),
    );
});

/** Everything that a database holds, as text. */
async function bytesOf({ database, database_url }: Harness): Promise<string> {
  if (database_url.startsWith("sqlite:")) {
    const path = database_url.slice("sqlite:".length);
    const files = await Promise.all([path, `${path}-wal`].map((file) => readFile(file, "latin1").catch(() => "")));
    return files.join("");
  }
  const tables = [...Object.values(kinds).map(({ table }) => table), "call_tags"];
  return JSON.stringify(await Promise.all(tables.map(async (table) => database(table).select("*"))));
}
